"""The order to erase one person: topic `erasures`, keyed by the person's key."""

from typing import ClassVar, Literal

from leads.records import PersonalRecord, Record


class SentAlert(Record, frozen=True, kw_only=True):
    """An alert that names the person: where it was posted, and when it was decided."""

    to: str
    alert_id: str
    at: float


class PersonOutside(Record, frozen=True, kw_only=True):
    """What is known of a person's places outside.

    `person_key` is the key that the CRM's contact bears. `address_keys` are those of all its
    addresses, `emails` the addresses themselves.
    """

    person_key: str = ""
    contact_ids: tuple[str, ...] = ()
    apollo_ids: tuple[str, ...] = ()
    emails: tuple[str, ...] = ()
    address_keys: tuple[str, ...] = ()
    lead_ids: tuple[str, ...] = ()
    alerts: tuple[SentAlert, ...] = ()


class ErasureOrder(PersonalRecord, frozen=True, kw_only=True):
    """An order of `leadgate erase`, in two phases. `begin` is only stored: from it the command goes
    on if it is killed, since the leads' keys are destroyed as they end. `finish` follows once every
    lead has ended: the rest is erased.

    `person` has a key of the order's own, which is destroyed with the last step. `waiting` are
    leads that had not ended when the order was forced.
    """

    personal: ClassVar = ("person",)
    subject_field: ClassVar = "erasure_id"

    erasure_id: str
    phase: Literal["begin", "finish"]
    lead_ids: tuple[str, ...]
    address_keys: tuple[str, ...]
    actor: str
    reason: str
    at: float
    person: PersonOutside = PersonOutside()
    waiting: tuple[str, ...] = ()

    @property
    def order_id(self) -> str:
        """The id of this record: each phase is carried out once."""
        return self.erasure_id if self.phase == "finish" else f"{self.erasure_id}#{self.phase}"
