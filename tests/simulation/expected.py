"""What must occur in a run of a thousand seeds or more: a simulation that nothing happens in proves
nothing."""

from collections.abc import Iterable

from tests.simulation.plan import FORGERIES, TROUBLES

_VENDORS = ("crm", "apollo", "slack")
#: The others strike too seldom for a thousand seeds to hold each of them at each vendor.
_TROUBLES = TROUBLES[: TROUBLES.index("unreadable") + 1]
_DEATHS = (
    "append",
    "acknowledged",
    "call",
    "answer",
    "commit",
    "after started before call",
    "after call before state",
    "after state before send",
    "after send before commit",
)
_OUTCOMES = """
intake validated invalid unchanged erased
identity unique merged synced erased
company matched forwarded synced refused
write written fallback suppressed rekeyed values_taken values_left values_waiting
write values_withdrawn
routing routed unrouted suppressed
assign assigned unowned suppressed fallback
engage engaged nurtured sequence_active replied rescored suppressed updated deleted signal_owner
engage released erased
signals relayed forwarded refused
sla sla_started breached sla_met assignment_overdue unchanged
sla_windows counted unchanged
notify sent
erasure person_erased unchanged
"""


def unmet(occurred: Iterable[str]) -> list[str]:
    """What of it has not occurred."""
    seen = set(occurred)
    wanted = ["records deleted", *(f"forged {way}" for way in FORGERIES)]
    wanted += [f"trouble {vendor} {trouble}" for vendor in _VENDORS for trouble in _TROUBLES]
    for line in _OUTCOMES.split("\n"):
        stage, *kinds = line.split() or [""]
        wanted += [f"outcome {stage} {kind}" for kind in kinds]
    lacking = [name for name in wanted if name not in seen]
    return lacking + [
        f"death {point}"
        for point in _DEATHS
        if not any(s.startswith(f"death {point}") for s in seen)
    ]
