"""By which stages and lists contacts are searched that one search doesn't show, and what a person
reads of those that remain."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from app.ingest.contact_search_plan import Listing, Unread
from connectors.apollo.client import ApolloClient
from connectors.apollo.contact_search import EVERYBODY, ContactFilter
from connectors.core.errors import AccountLimited, NotInPlan
from leads.rule_models import Capture

#: Seconds until the next try; what is newest is read then.
_AGAIN = 300.0
#: How many filters a sentence names.
_NAMED = 5


@dataclass(frozen=True, slots=True)
class SearchParts:
    """The account's stages and lists, names by ids, and the contacts that the rules capture: None
    for nobody, as where the rules name a list that Apollo doesn't have."""

    stages: dict[str, str] = field(default_factory=dict)
    labels: dict[str, str] = field(default_factory=dict)
    scope: ContactFilter | None = EVERYBODY


async def load_parts(apollo: ApolloClient, capture: Capture) -> SearchParts:
    """Ask Apollo for its stages and lists. Raises AccountLimited for a key that may not read
    them."""
    try:
        stages = {stage.id: stage.name for stage in await apollo.contact_stages()}
        labels = {label.id: label.name for label in await apollo.contact_lists()}
    except NotInPlan as error:
        raise AccountLimited(
            "More of Apollo's contacts changed since the last poll than one search shows, and the"
            f" key may not read the stages and lists by which to go on: let it ({error})",
            _AGAIN,
        ) from error
    return SearchParts(stages, labels, _scope(capture, labels))


def _scope(capture: Capture, labels: dict[str, str]) -> ContactFilter | None:
    wanted = tuple(ident for ident, name in labels.items() if name in capture.lists)
    if capture.lists and not wanted:
        return None
    return ContactFilter(capture.stages, wanted)


def too_many(unread: Sequence[Unread], names: SearchParts, listing: Listing) -> AccountLimited:
    """Says which contacts no search reaches, and what to do."""
    lines = [f"{part.count:,} {_where(part, names)}" for part in unread[:_NAMED]]
    if len(unread) > _NAMED:
        lines.append(f"{len(unread) - _NAMED} more such groups")
    return AccountLimited(
        f"Over {listing.entries:,} of Apollo's contacts changed since the last poll. They were read"
        f" by stage and list, and these are not reached: {'; '.join(lines)}. Give each contact a"
        f" stage or a list in Apollo, so that no list has more than {2 * listing.entries:,} of one"
        " stage, or name in the rules what is to be captured (capture.stages, capture.lists)."
        " What changes from now on is captured meanwhile",
        _AGAIN,
    )


def _where(part: Unread, names: SearchParts) -> str:
    stage = f"in stage {_named(part.among.stages, names.stages)}" if part.among.stages else ""
    if not part.too_many:
        return f"{stage} on no list" if stage else "in no stage and on no list"
    place = f"on list {_named(part.among.labels, names.labels)}"
    return f"{stage or 'in no stage'} {place}"


def _named(idents: Sequence[str], names: dict[str, str]) -> str:
    return ", ".join(repr(names.get(ident, ident)) for ident in idents)
