# The page on which a Trakt account is linked.
link-none = No Trakt account is linked yet. You approve the link at Trakt, and can end it at any time.
link-start = Link my Trakt account
link-open-address = Open this address:
link-new-tab = (opens in a new tab)
link-open-code = Type this code there and approve:
link-copy = Copy the code
link-copied = Copied
link-qr = Or scan this with your phone:
link-qr-name = QR code of { $url }
link-left =
    { $minutes ->
        [one] The code is good for one more minute.
       *[other] The code is good for { $minutes } more minutes.
    }
link-clock = Time left: { $time }
link-watching = This page notices by itself when you have approved.
link-press = When you have approved, press this button:
link-check = Check now
link-pending = You have not approved yet.
link-newer = A newer code was started in another window. Only this one counts now.
link-trakt-waits = Trakt did not answer just now. The code stays good, and we go on asking.
link-approved = You have approved. We are asking Trakt whose account it is.
link-until = Until you approve, this account stays linked:
link-until-dead = This account was linked before:
link-still = This account stays linked:

link-done = Done. Your Trakt account is linked.
link-is = Your Trakt account is linked.
link-account = Trakt account
link-since = Linked since
link-to-mine = See my Trakt
link-other = Link another account instead

link-end-denied = You refused at Trakt. If that was a mistake, get a new code.
link-end-expired = Nobody approved in time. Get a new code.
link-end-superseded = A newer code took the place of this one. Get a new code.
link-end-used = The code was used, but Trakt's answer was lost. Get a new code.
link-end-unknown = Trakt does not know the code any more. Get a new code.
link-end-account-taken = Somebody else here has linked this Trakt account. Get a new code and approve with another account.
link-end-already-linked = You approved with another Trakt account than the one that is linked. You can put the other one in its place.
link-end-account-locked = Trakt has locked or deactivated this account. Write to Trakt's support, and get a new code when it is open again.
link-again = Get a new code
link-replace = Replace the linked account
link-trakt-down = Trakt does not answer right now. Nothing was started; try again in a while.
link-retry = Try again

link-dead-revoked = Trakt has ended the link. Most likely another app took its place, as a free Trakt account keeps one connected app, or it was removed in Trakt's settings.
link-dead-lost = The link broke while we were renewing it with Trakt. Nothing of yours is lost.
link-dead-unreadable = We cannot read the stored access to this account any more. Nothing of yours is lost.
link-dead-unverified = An admin has entered this account for you. Confirm at Trakt that it is yours.
link-dead-locked = Trakt has locked or deactivated this account. Write to Trakt's support: once it is open again, the link works again by itself.
link-mend = Link it again
link-confirm = Confirm at Trakt
