"""Which leads wait for people, out of the records of the topic `review-queue`."""

from leads.records import ReviewItem

MOVED = "moved"


class ReviewItems:
    """The latest word on each lead, whatever order or copies of older ones the records come in."""

    def __init__(self) -> None:
        self._latest: dict[str, ReviewItem] = {}

    def note(self, item: ReviewItem) -> None:
        """Take one record in."""
        known = self._latest.get(item.lead_id)
        if known is None or item.step >= known.step:
            self._latest[item.lead_id] = item

    def waiting(self) -> list[ReviewItem]:
        """The items of leads that wait now, the oldest first."""
        shown = [item for item in self._latest.values() if item.kind != MOVED]
        return sorted(shown, key=lambda item: (item.since, item.lead_id))
