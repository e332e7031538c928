"""unique, crm.records -> matched."""

from functools import partial
from typing import Any

from leads import topics
from leads.gates.colleagues import CompanyState, brand_of
from leads.gates.company import Companies
from leads.keys import Keys
from leads.matching.blocking import blocks_of
from leads.matching.brands import domain_stem
from leads.matching.fingerprint import fingerprint
from leads.records import CrmRecord, Fingerprint, IdentityLink, Lead, ReviewDecision
from leads.table_rows import BlockRow
from streams.runner.model import Stage
from tables.schema import BRANDS, COLLEAGUES, COMPANIES, COMPLETE, NAME_BLOCKS
from tables.state import BatchView


def make(keys: Keys) -> Stage:
    """The company stage."""
    return Stage(
        gate=Companies(),
        inputs={
            topics.UNIQUE: Lead,
            topics.LINKS: IdentityLink,
            topics.CRM_RECORDS: CrmRecord,
            topics.REVIEW_DECISIONS: ReviewDecision,
        },
        load_state=partial(read, keys),
        state_type=CompanyState,
        writes=(COMPANIES, BRANDS, COLLEAGUES, NAME_BLOCKS),
        retry_topic=topics.UNIQUE,
        serialize_by=by_brand,
    )


def by_brand(lead: Lead) -> str:
    """Leads of one brand are decided one after another: each must see who came before it."""
    return brand_of(lead)


def read(keys: Keys, record: Any, view: BatchView) -> CompanyState:
    """The company's row and its brand's, and whether the snapshot is complete here; where a lead is
    compared by its company's name, only the people."""
    if isinstance(record, IdentityLink):
        return CompanyState()
    complete = view.has(COMPANIES, COMPLETE)
    if isinstance(record, Lead) and record.brand_word:
        blocks = _read_blocks(keys, record, record.brand_word, view)
        people = _read_colleagues(blocks, record.brand_word, view)
        return CompanyState(synced=complete, blocks=blocks, colleagues=people)
    domain = record.company.domain if isinstance(record, Lead) else record.key
    if not domain:
        return CompanyState(synced=complete)
    stem = domain_stem(domain)
    company, brand = view.get(COMPANIES, domain), view.get(BRANDS, stem)
    if not isinstance(record, Lead):
        return CompanyState(company=company, brand=brand, synced=complete)
    blocks = _read_blocks(keys, record, stem, view)
    return CompanyState(
        company=company,
        brand=brand,
        synced=complete,
        blocks=blocks,
        colleagues=_read_colleagues(blocks, stem, view),
    )


def _read_blocks(
    keys: Keys, lead: Lead, stem: str, view: BatchView
) -> dict[str, tuple[str, ...]]:
    """The people of each block that a lead's person is in, by the block's keyed hash."""
    found: dict[str, tuple[str, ...]] = {}
    for block in blocks_of(fingerprint(lead)):
        hashed = keys.contact("block", block)
        row = view.get(NAME_BLOCKS, f"{stem}/{hashed}") or _moved(stem, block, hashed, view)
        found[hashed] = row.people if row is not None else ()
    return found


def _moved(stem: str, block: str, hashed: str, view: BatchView) -> BlockRow | None:
    """A row from before blocks were hashed goes to its new key when it is first read."""
    row = view.get(NAME_BLOCKS, f"{stem}/{block}")
    if row is not None:
        view.put(NAME_BLOCKS, f"{stem}/{hashed}", row)
        view.put(NAME_BLOCKS, f"{stem}/{block}", None)
    return row


def _read_colleagues(
    blocks: dict[str, tuple[str, ...]], stem: str, view: BatchView
) -> tuple[Fingerprint, ...]:
    people = dict.fromkeys(person for members in blocks.values() for person in members)
    found = (view.get(COLLEAGUES, f"{stem}/{person}") for person in people)
    return tuple(one for one in found if one is not None)
