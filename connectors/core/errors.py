"""Refusals of vendors, by what can be done about them.

VendorError
- Unavailable: the vendor, not the row. Nothing counts as an attempt, the circuit opens, the call is
  tried later. Of this class are:
  - NoAnswer: none came, as from a wrong address or a network that is down;
  - QuotaExhausted: the vendor says that its limit of the day is reached;
  - EndpointSpent: the calls of one endpoint are spent;
  - NotSent: we held the call back (its deadline, our budget). No circuit opens;
  - Unreadable: an answer in another form than the vendor documents (a page of HTML, a list for an
    object);
  - AccountLimited: true for every row until somebody changes the account (storage full, an object
    gone).
- RecordRetryable: this row failed and may succeed. Up to three attempts in all.
- RecordRejected: this row will never be accepted as it is. A person must look.
- NotInPlan: the account or its key does not include this endpoint. An optional feature switches
  itself off.
- Unauthorised: the vendor says that the key is wrong.
"""


class VendorError(Exception):
    """Root of what a connector raises. The text is for a person: vendor, call, what it said."""


class Unavailable(VendorError):  # noqa: N818  named for the outcome
    """No answer, 429 or 5xx for a whole call. `after` is when to try again, in seconds.

    `not_sent`: surely nothing happened at the vendor; otherwise the outcome is unknown.
    """

    def __init__(self, text: str, after: float = 1.0, *, not_sent: bool = False) -> None:
        super().__init__(text)
        self.after, self.not_sent = after, not_sent


class NoAnswer(Unavailable):
    """No answer came: the text names the vendor, its address, the setting of that, and the call."""


class QuotaExhausted(Unavailable):
    """The account's calls or credits of the day are spent; `daily_quota.DailyQuota` turns it into a
    pause with a stated end."""


class EndpointSpent(Unavailable):
    """The calls of one endpoint are spent, at a vendor that counts each by itself; other calls
    work."""


class NotSent(Unavailable):
    """We held the call back: its deadline passed, or our own budget is spent.

    Nothing is wrong with the vendor.
    """

    def __init__(self, text: str, after: float = 1.0) -> None:
        super().__init__(text, after, not_sent=True)


class Unreadable(Unavailable):
    """An answer that is not in the form the vendor documents.

    Whether the call had its effect is unknown.
    """


class AccountLimited(Unavailable):
    """The account refuses every row until a person changes the account.

    The text says what, in plain words.
    """

    def __init__(self, text: str, after: float = 60.0, *, not_sent: bool = True) -> None:
        super().__init__(text, after, not_sent=not_sent)


class NotInPlan(VendorError):  # noqa: N818
    """The account's plan or the key's scopes leave this endpoint out; other calls work."""


class RecordRetryable(VendorError):  # noqa: N818
    """One row of a call failed for a passing reason."""


class RecordRejected(VendorError):  # noqa: N818
    """One row was refused for its content.

    `kind` is 'deleted' for an object that is gone, 'no_owner' for an unknown user, 'credits'
    when the account has none left for this call: the feature is switched off then, as for
    NotInPlan.
    """

    def __init__(self, text: str, kind: str = "rejected") -> None:
        super().__init__(text)
        self.kind = kind


class Unauthorised(VendorError):  # noqa: N818
    """401 or 403."""
