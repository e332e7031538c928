"""What `leadgate import --again` would override: leads of an import that was not undone."""

from dataclasses import dataclass

from app.audit.reader import LatestPlaces, names_import, read_events
from app.base.errors import UsageError
from app.base.settings import Settings
from app.ingest.import_registry import started_at
from leads.records import Place

_DECIDED = "reviewed"


@dataclass(frozen=True, slots=True)
class ReimportLoss:
    """Of an import's leads that are not undone: those that are engaged, and those that people have
    decided about."""

    engaged: int = 0
    decided: int = 0

    def refuse(self) -> None:
        """Return if there are none. Raises UsageError with their numbers."""
        if self.engaged or self.decided:
            raise UsageError(
                f"{self.engaged} of these leads are engaged, {self.decided} were decided by people;"
                " undo the import first (leadgate undo), or give --force"
            )


async def find_loss(settings: Settings, imported: str) -> ReimportLoss:
    """What taking an import in again would override; nothing of an unknown one. Reads the audit
    from the import's first run on."""
    if not (since := await started_at(settings, imported)):
        return ReimportLoss()
    leads: set[str] = set()
    decided: set[str] = set()
    places = LatestPlaces()
    async for event in read_events(settings, since=since):
        if names_import(event, imported):
            leads.add(event.lead)
        if event.lead in leads:
            places.note(event)
            if event.place == Place.UNDONE:
                decided.discard(event.lead)
            elif event.kind == _DECIDED:
                decided.add(event.lead)
    kept = {lead for lead, event in places.latest.items() if event.place != Place.UNDONE}
    engaged = sum(places.latest[lead].place == Place.ENGAGED for lead in kept)
    return ReimportLoss(engaged, len(decided & kept))
