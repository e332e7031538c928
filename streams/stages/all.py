"""Every stage, in the order in which a lead passes them."""

from leads.keys import Keys
from streams.runner.model import Stage
from streams.stages import (
    assign,
    company,
    engage,
    erasure,
    identity,
    intake,
    notify,
    routing,
    signals,
    sla,
    sla_windows,
    write,
)


def make_stages(keys: Keys) -> list[Stage]:
    """The twelve stages of a worker."""
    return [
        intake.make(keys),
        identity.make(),
        company.make(keys),
        write.make(),
        routing.make(),
        assign.make(),
        engage.make(),
        signals.make(),
        sla.make(),
        sla_windows.make(),
        notify.make(),
        erasure.make(),
    ]
