# My Trakt: the link, its data, and what to do about them.
mine-done-asked = Your data is being read at Trakt.
mine-done-confirmed = Confirmed. The changes are being made.
mine-done-hidden = Hidden. It is not recommended to you any more.
mine-done-shown = Undone. It may be recommended to you again.
mine-done-saved = Saved.
mine-done-unlinked = The link has ended. What was read stays here.
mine-done-purged = The link has ended, and your Trakt data was deleted here.
mine-done-unconfirmed = Nothing was changed. Tick the box to confirm first.

mine-link = Your link
mine-not-linked = No Trakt account is linked.
mine-link-now = Link a Trakt account
mine-blank = Once an account is linked, you see here what you watch and what Trakt recommends to you.
mine-active = Linked, and everything works.
mine-unverified = An admin says that this Trakt account is yours. Confirm that at Trakt, and we can read your data.
mine-verify = Confirm at Trakt
mine-locked = Trakt has locked or deactivated this account. Write to Trakt's support.
mine-relink = Link again
mine-lost-revoked = Trakt has ended the connection. Most likely another app took its place (a free Trakt account keeps one connected community app), or you removed it in Trakt's settings. Link the account again.
mine-lost-lost-answer = The connection to Trakt broke while it was being renewed. Link the account again.
mine-lost-lost = Trakt did not answer for so long that the connection has ended. Link the account again.
mine-lost-unreadable = The key to your Trakt account cannot be read here any more. Link the account again.
mine-lost-other = The connection to Trakt has ended. Link the account again.
mine-account = Trakt account
mine-linked-at = Linked since
mine-since = Since

mine-sync = Your data
mine-phase-idle = Everything was read.
mine-phase-queued = Reading begins in a moment.
mine-phase-running = Your data is being read at Trakt.
mine-phase-held = Some changes wait for your word.
mine-phase-failed = Not everything could be read the last time. It is tried again by itself.
mine-phase-off = You have switched reading off. What was read before stays here.
mine-phase-unlinked = Nothing is read without a working link. What was read before stays here.
mine-reason-partial = A part of your data did not come.
mine-reason-stopped = This service was restarted meanwhile.
mine-reason-superseded = Another reading took over.
mine-reason-no-token = The connection to Trakt could not be renewed yet.
mine-reason-locked = Trakt has locked the account.
mine-reason-token-refused = Trakt refused the connection.
mine-reason-misconfigured = Trakt refuses this service. Tell whoever runs it.
mine-reason-trakt-unavailable = Trakt did not answer.
mine-reason-database-unavailable = We were not ready.
mine-reason-other = Something went wrong on the way.
mine-reading = { $part }: { $rows } so far
mine-reading-soon = Nothing has come yet.
mine-reading-over = Your data was read. The page is up to date.
mine-last = Last read
mine-next = Next time
mine-next-now = now
mine-next-none = not planned
mine-counts = What is kept here
mine-sync-now = Sync now
mine-held = Changes that wait
mine-held-hint = These are more changes at once than usual. Nothing is lost: they are made only when you confirm them.
mine-held-pull = { $part }: { $removes } of { $of } are gone at Trakt, and would be removed here.
mine-held-push = { $part }: of the { $of } at Trakt, { $removes } would be removed, and { $adds } added or changed.
mine-held-confirm = Yes, make these changes

mine-part-movie-plays = Plays of movies
mine-part-episode-plays = Plays of episodes
mine-part-shows = Shows
mine-part-playback = Where you stopped
mine-part-movie-ratings = Ratings of movies
mine-part-show-ratings = Ratings of shows
mine-part-season-ratings = Ratings of seasons
mine-part-episode-ratings = Ratings of episodes
mine-part-watchlist = Watchlist
mine-part-hidden = Hidden shows
mine-part-dropped = Dropped shows
mine-part-history = Plays
mine-part-ratings = Ratings
mine-part-recommendations = Recommendations

mine-as-of = As of
mine-untitled = Without a title
mine-episode = S{ $season } E{ $number }
mine-special = Special { $number }
mine-season = Season { $season }
mine-progress = Continue watching
mine-progress-none = There is nothing to continue.
mine-progress-resume = stopped at { $percent } %
mine-progress-next = { $percent } % of the show watched
mine-progress-left =
    { $left ->
        [one] 1 episode left
       *[other] { $left } episodes left
    }
mine-history = Watched last
mine-history-none = Nothing was watched yet.
mine-history-undated = at a time that Trakt does not know
mine-history-waits = not confirmed by Trakt yet

mine-recommended = Recommended by Trakt
mine-movies = Movies
mine-shows = Shows
mine-recommended-off = You have switched recommendations off.
mine-recommended-unread = Trakt was not asked yet.
mine-recommended-get = Show recommendations
mine-recommended-none = Trakt recommends nothing right now.
mine-recommended-stale = This list is old: Trakt could not be asked lately.
mine-hide-off = You have switched writing to Trakt off, so nothing can be hidden here.
mine-hide = Hide
mine-undo = Undo

mine-settings = What we may do
mine-switch-pull = Read what I watch
mine-about-pull = Your plays, ratings and lists are read at Trakt. Switched off, what was read stays as it is.
mine-switch-push = Write what I do here
mine-about-push = Plays, ratings and lists that you change here are sent to Trakt. Switched off, nothing is sent.
mine-switch-recommendations = Ask for recommendations
mine-about-recommendations = Trakt is asked what it recommends to you. Switched off, it is not asked.
mine-save = Save

mine-export = Your data to take along
mine-export-hint = Everything that we keep about you, in one file (JSON lines). Once a minute at the most.
mine-export-get = Download

mine-unlink = End the link
mine-unlink-data = What becomes of the data that was read at Trakt?
mine-unlink-keep = Keep it here
mine-unlink-purge = Delete it here
mine-unlink-confirm = Yes, end the link to Trakt
mine-unlink-now = End the link
mine-purge = Delete your Trakt data
mine-purge-hint = No account is linked, but what was read before is still here.
mine-purge-confirm = Yes, delete what is kept here
mine-purge-now = Delete
