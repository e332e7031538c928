"""Merges taken back at a simulated site, as `leadgate unmerge` does it."""

from collections import defaultdict
from typing import NamedTuple

import msgspec

from leads import topics
from leads.keys import lead_id
from leads.records import Audit
from leads.unmerge import (
    NotUnmergedError,
    OtherPerson,
    find_merge,
    is_carried_out,
    separate_revision,
)
from tests.simulation.people import Person
from tests.simulation.site import ALL, Site


class Unmerged(NamedTuple):
    """A merge that a person took back, by the loop's time, and the leads that it was merged
    into."""

    at: float
    others: frozenset[str]


def part(site: Site, person: Person) -> dict[int, Unmerged]:
    """Take back the merges of a person's leads, by their places in the world; none where the
    command would refuse it."""
    stories = _read_stories(site)
    found = {}
    for number, lead in enumerate(site.plan.world.leads):
        if lead.person == person and (others := _part_lead(site, stories, lead.source_id)):
            found[number] = Unmerged(site.loop.time(), others)
    return found


def _part_lead(
    site: Site, stories: defaultdict[str, list[Audit]], source_id: str
) -> frozenset[str]:
    """Send a merged lead in again; the leads that it was merged into, none if it isn't merged."""
    try:
        merge, other = find_merge(stories[lead_id("apollo", source_id)]), OtherPerson()
        into = merge.into
        while into:
            into = other.add(into, stories[into])
        record = separate_revision(merge, other)
    except NotUnmergedError:
        return frozenset()
    story = stories[lead_id("apollo", source_id)]
    if not is_carried_out(story, merge) or _links_under_way(
        site, {*merge.path, *merge.lead.contact_keys}
    ):
        return frozenset()
    site.capture(record)
    return frozenset(other.stories)


def _read_stories(site: Site) -> defaultdict[str, list[Audit]]:
    """Each lead's events, once each."""
    stories: defaultdict[str, list[Audit]] = defaultdict(list)
    decoder = msgspec.json.Decoder(Audit)
    events = {record.key: record for record in site.log.all(topics.AUDIT.full)}
    for record in events.values():
        event = site.sealing.open(decoder.decode(record.value or b""))
        stories[event.lead].append(event)
    return stories


def _links_under_way(site: Site, keys: set[str]) -> bool:
    topic = topics.LINKS.full
    for partition in ALL:
        unread = site.log.read(topic, partition, site.log.committed.get((topic, partition), 0))
        if any((record.key or b"").decode() in keys for record in unread):
            return True
    return False
