# What operators see: all links, the audit trail, many associations at once.
admin-health = At a glance
admin-health-unknown = The database did not count in time. Reload the page in a while.
admin-state = State
admin-state-active = Linked
admin-state-unverified = Not confirmed
admin-state-needs-relink = Has to be linked again
admin-state-locked = Locked by Trakt
admin-state-active-links = Linked
admin-state-unverified-links = Not confirmed by their users
admin-state-needs-relink-links = To be linked again
admin-state-locked-links = Locked by Trakt
admin-overdue = Refreshes overdue
admin-waiting = Writes waiting for Trakt
admin-waits-seconds = the oldest for { $count ->
    [one] { $count } second
   *[other] { $count } seconds
}
admin-waits-minutes = the oldest for { $count ->
    [one] { $count } minute
   *[other] { $count } minutes
}
admin-waits-hours = the oldest for { $count ->
    [one] { $count } hour
   *[other] { $count } hours
}
admin-waits-days = the oldest for { $count ->
    [one] { $count } day
   *[other] { $count } days
}
admin-failed = Users whose last sync failed
admin-held = Users with changes held back
admin-database = Database
admin-database-ok = answers

admin-links = All links
admin-links-none = No link fits.
admin-search = E-mail address or Trakt account
admin-any = Any
admin-find = Show
admin-all = Show all
admin-user = User
admin-account = Trakt account
admin-expires = Token ends
admin-synced = Last sync
admin-deeds = What to do
admin-nobody = nobody
admin-why-revoked = Trakt has ended the connection.
admin-why-lost-answer = It broke while the token was renewed.
admin-why-lost = Trakt gave no answer for a day.
admin-why-unreadable = Its token cannot be read any more.
admin-refresh = Refresh token now
admin-disassociate = End the link
admin-disassociate-now = End the link now
admin-data = What is held of this user's data
admin-keep = Keep it
admin-purge = Delete it for good
admin-pages = Pages of the list
admin-page = Page { $page } of { $last }, { $total } in all

admin-done-associated = The account is associated. Its user still has to link it to confirm that.
admin-done-disassociated = The link has ended. What is held of the user's data is kept.
admin-done-purged = The link has ended, and what was held of the user's data is deleted.
admin-done-refresh-asked = The refresh was asked for. It comes within seconds, or when a wait is over that Trakt has asked for.
admin-done-refresh-under-way = A refresh of this link is under way already.
admin-refused-not-found = There is no such link any more. Look at the list again.
admin-refused-not-linked = This link has no token to refresh: its user has not confirmed it yet.
admin-refused-needs-relink = The token of this link is dead. Its user has to link the account again.

admin-claim = Associate an account
admin-claim-hint = Gives a Trakt account to a user without asking them. It counts as not confirmed until the user links it.
admin-claim-email = E-mail address of the user
admin-claim-email-wrong = This is no e-mail address.
admin-claim-slug = Trakt slug
admin-claim-slug-wrong = This cannot be a Trakt slug. It is the last part of the address of the profile, without spaces and slashes.
admin-claim-replace = Replace another Trakt account of this user
admin-claim-now = Associate
admin-claim-user-not-found = No user has this address. Look whether it is spelled right, or add the user first.
admin-claim-trakt-account-not-found = Trakt knows no account with this slug. Look at the address of the profile at Trakt.
admin-claim-account-taken = Another user has this Trakt account. End that link first.
admin-claim-already-linked = This user has another Trakt account. Tick “Replace” to put this one in its place.
admin-claim-trakt-unavailable = Trakt does not answer right now. Send the form again in a while.

admin-expiring = Links that expire soon
admin-expiring-hint = Tokens are renewed long before they end. What has only hours left is in trouble.
admin-expiring-none = No link has a token.

admin-filter-user = User (e-mail address or id)
admin-filter-user-wrong = This is neither an e-mail address nor the id of a user.
admin-filter-since = From (UTC)
admin-filter-since-wrong = This is no time.
admin-filter-until = Before (UTC)
admin-filter-until-wrong = This is no time.
admin-entries = Entries
admin-entries-none = No entry fits.
admin-export = Export these as JSON lines
admin-entry-when = When
admin-entry-what = What
admin-entry-outcome = Outcome
admin-entry-actor = By whom
admin-entry-subject = Whose
admin-entry-account = Trakt account
admin-entry-from = From where
admin-outcome-succeeded = done
admin-outcome-refused = refused
admin-event-flow-started = Linking begun
admin-event-linked = Account linked
admin-event-denied = Refused at Trakt
admin-event-expired = Code expired
admin-event-conflict = Account or user taken
admin-event-replaced = Account replaced
admin-event-unlinked = Account unlinked
admin-event-data-purged = Data deleted
admin-event-admin-associated = Associated by an admin
admin-event-admin-disassociated = Link ended by an admin
admin-event-sign-in-succeeded = Signed in
admin-event-sign-in-failed = Sign-in failed
admin-event-signed-out = Signed out
admin-event-access-refused = Access refused
admin-event-limit-hit = Too many requests
admin-event-token-refreshed = Token refreshed
admin-event-refresh-asked = Refresh asked for
admin-event-needs-relink = Has to be linked again
admin-event-brake-applied = Losses held back
admin-event-relink-withdrawn = Loss taken back
admin-event-account-locked = Account locked
admin-event-account-unlocked = Account unlocked
admin-event-token-unreadable = Token unreadable
admin-event-settings-changed = Settings changed
admin-event-user-added = User added
admin-event-user-removed = User removed
admin-event-audit-key-made = Audit key made
admin-event-audit-adopted = Entries taken into the audit chain
admin-event-audit-pruned = Oldest audit entries removed
admin-event-database-restored = Database restored from a backup
admin-event-key-forgotten = Lost key given up

admin-bulk-hint = Associates many Trakt accounts with users. Nothing happens until you have seen what would come of each line.
admin-bulk-limits = The file is CSV, at most { $most } lines. The first line names the columns; “replace” may be left out.
admin-bulk-example = It looks like this:
admin-bulk-file = Choose a file
admin-bulk-file-large = This file is too large. Split it.
admin-bulk-csv = Lines of the file
admin-bulk-check = Check
admin-bulk-check-again = Check again
admin-bulk-wrong-header = The first line has to be “user_email,trakt_slug” or “user_email,trakt_slug,replace”.
admin-bulk-wrong-empty = There is nothing below the first line.
admin-bulk-wrong-too-many = There are more than { $most } lines. Split the file.
admin-bulk-wrong-unreadable = This cannot be read as CSV. Export the file again as CSV in UTF-8.
admin-bulk-checked = What would happen
admin-bulk-checked-hint = Nothing has been done yet. This is how things stand now; Trakt is asked whether it has an account only when it is done.
admin-bulk-changed = The lines are not those that you have checked. Here is what would come of them now.
admin-bulk-run = Do it
admin-bulk-show = Lines { $from } to { $to }
admin-bulk-show-file = Show and change the lines
admin-bulk-ran = What was done
admin-bulk-all = All lines are done.
admin-bulk-left = { $left } lines are left, from line { $line } on. Go on with them.
admin-bulk-stopped-trakt = Stopped before line { $line }: Trakt does not answer right now. Wait a while and go on.
admin-bulk-stopped-database = Stopped at line { $line }: we did not answer in time, and it may have been done. Go on; doing it again changes nothing.
admin-bulk-stopped = Stopped at line { $line }: something went wrong, and it was written down. Go on, or leave it out.
admin-bulk-go-on = Go on with line { $line }
admin-bulk-skip = Leave it out, go on with line { $line }
admin-bulk-another = Another file
admin-bulk-count-would = Would be associated
admin-bulk-count-already = Are so already
admin-bulk-count-not = Would not be done
admin-bulk-count-associated = Associated
admin-bulk-count-refused = Not done
admin-bulk-lines = Lines
admin-bulk-line = Line
admin-bulk-account = Trakt slug
admin-bulk-outcome = Outcome
admin-bulk-columns = Wrong number of columns
admin-bulk-email = Not an e-mail address
admin-bulk-slug = Not a Trakt slug
admin-bulk-replace = “replace” has to be yes or no
admin-bulk-duplicate = User or account is in line { $line } already
admin-bulk-would = Would be associated
admin-bulk-would-replace = Would replace { $slug }
admin-bulk-already = Is so already
admin-bulk-linked-to = User is linked to { $slug }, “replace” is not set
admin-bulk-already-linked = User is linked to another account, “replace” is not set
admin-bulk-user-not-found = No user has this address
admin-bulk-account-taken = Another user has this account
admin-bulk-associated = Associated
admin-bulk-trakt-account-not-found = Trakt knows no such account
