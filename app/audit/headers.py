"""The few fields that the proof of conservation decodes of each record, so that a million leads fit
in memory."""

import msgspec

from leads.dead_events import is_of_no_lead


class _Key(msgspec.Struct):
    person_key: str = ""


class _Inputs(msgspec.Struct):
    record: _Key | None = None


class EventBrief(msgspec.Struct):
    """The fields read of an audit event."""

    lead: str
    stage: str
    kind: str
    step: int
    place: str
    cause: str = ""
    inputs: _Inputs | None = None

    @property
    def person_key(self) -> str:
        """The key of the decided record's person, '' where it names none."""
        if self.inputs is None or self.inputs.record is None:
            return ""
        return self.inputs.record.person_key

    @property
    def foreign(self) -> bool:
        """Whether it is the dead letter of a topic on which no leads are captured."""
        return is_of_no_lead(self.kind, self.cause)


class ItemBrief(msgspec.Struct):
    """The fields read of a record of topic `review-queue`."""

    lead_id: str
    step: int
    kind: str
    stage: str


class ParkedBrief(msgspec.Struct):
    """The fields read of a parked row."""

    held: ItemBrief | None = None
    put_off: bool = False

    @property
    def step(self) -> int:
        """The step at which a person is asked about the lead, -1 if no person is asked."""
        if self.held is None:
            return -1
        return self.held.step


class PendingBrief(msgspec.Struct):
    """The fields read of a record that no stage has processed yet."""

    lead_id: str = ""
    person_key: str = ""


EVENT = msgspec.json.Decoder(EventBrief)
ITEM = msgspec.json.Decoder(ItemBrief)
PARKED = msgspec.json.Decoder(ParkedBrief)
PENDING = msgspec.json.Decoder(PendingBrief)
