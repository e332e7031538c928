"""What vendors do to calls, by a plan's events."""

from connectors.core.errors import (
    AccountLimited,
    NotInPlan,
    RecordRejected,
    RecordRetryable,
    Unauthorised,
    Unavailable,
    Unreadable,
)
from streams.testing.vendors import Trouble
from tests.simulation.plan import TROUBLES, Event

_BATCHES = frozenset(
    {"upsert", "assign", "read_owners", "add_tasks", "enter_list", "leave_list", "accounts"}
)
_WHOLE = {
    "put_off": Trouble(error=Unavailable("429 Too Many Requests", 2.0, not_sent=True)),
    "unavailable": Trouble(error=Unavailable("503 Service Unavailable")),
    "timeout": Trouble(error=Unavailable("ReadTimeout"), seconds=10.0),
    "timeout_acted": Trouble(error=Unavailable("ReadTimeout"), seconds=10.0, acted=True),
    "lost": Trouble(error=Unavailable("connection closed before the answer"), acted=True),
    "slow": Trouble(seconds=12.0),
    "unreadable": Trouble(error=Unreadable("200 with a page of HTML")),
    "nonsense": Trouble(error=KeyError("results")),
    "unauthorised": Trouble(error=Unauthorised("401 invalid token")),
    "limited": Trouble(error=AccountLimited("the storage of the account is full")),
    "not_in_plan": Trouble(error=NotInPlan("403 the plan leaves this out")),
}
_ROW = {"refused": RecordRejected("400 refused"), "failing": RecordRetryable("423 locked")}
_USUAL = Trouble(seconds=0.02)


class Troubles:
    """The troubles that are in force, and which of them have struck."""

    def __init__(self) -> None:
        self._open: list[list[object]] = []
        self.struck: set[str] = set()

    def begin(self, event: Event, now: float) -> None:
        """Have a trouble in force, as an event of the kind 'vendor.method trouble' says."""
        self._open.append([event.kind, now + event.seconds, event.number])

    def clear(self) -> None:
        """Everything is well again."""
        self._open.clear()

    def meet(self, vendor: str, method: str, now: float) -> Trouble:
        """What happens to a call."""
        for one in self._open:
            kind, until, left = str(one[0]), float(str(one[1])), int(str(one[2]))
            target, name = kind.split(" ")
            if now <= until and left > 0 and target in {f"{vendor}.{method}", f"{vendor}.*"}:
                one[2] = left - 1
                self.struck.add(f"{vendor} {name}")
                return _trouble(name, method)
        return _USUAL


def _trouble(name: str, method: str) -> Trouble:
    if name in _WHOLE:
        return _WHOLE[name]
    assert name in TROUBLES
    return Trouble(row=_ROW[name]) if method in _BATCHES else Trouble(error=_ROW[name])
