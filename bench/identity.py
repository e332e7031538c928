"""`make bench-identity`: how often two records of people are judged as people labelled them
(bench/labels/README.md).

Prints the pairs that may be looked at, with their mistakes by `--mistakes` and what each level of
agreement weighs by `--weights`; and those that are held out, by their figures alone.
"""

import json
import sys
import time
from collections import Counter
from collections.abc import Sequence
from math import log2
from pathlib import Path
from typing import Any, NamedTuple

from bench.proportions import Proportion
from leads.addresses import clean_address
from leads.keys import fold_email
from leads.matching.blocking import blocks_of
from leads.matching.brands import brand_stops
from leads.matching.evidence import Evidence, MatchConfidence
from leads.matching.profile import read_profile
from leads.matching.weights import WEIGHTS
from leads.records import Fingerprint
from leads.rule_models import Matching

_LABELS = Path(__file__).parent / "labels"
_SURE, _UNSURE, _OTHER = MatchConfidence.SURE, MatchConfidence.UNSURE, MatchConfidence.OTHER


class Pair(NamedTuple):
    """Two records, whether they are one person's, and what makes the pair hard."""

    a: Fingerprint
    b: Fingerprint
    same: bool
    kind: str


class Judged(NamedTuple):
    """A pair with what is made of it."""

    pair: Pair
    evidence: Evidence
    confidence: MatchConfidence


def read_pairs(name: str) -> list[Pair]:
    """The pairs of a file of labels."""
    text = (_LABELS / f"{name}.jsonl").read_text(encoding="utf-8")
    return [_pair(json.loads(line)) for line in text.splitlines()]


def _pair(label: dict[str, Any]) -> Pair:
    a, b = (_record(label[side], side) for side in ("a", "b"))
    return Pair(a, b, bool(label["same"]), str(label["kind"]))


def _record(fields: dict[str, str], ident: str) -> Fingerprint:
    named: dict[str, Any] = {"first_name": "", "last_name": "", "title": "", **fields}
    named["email"] = clean_address(named.get("email", ""))  # as the first gate does
    return Fingerprint(lead_id=ident, person_key=ident, **named)


def judge(pairs: Sequence[Pair]) -> list[Judged]:
    """What the default thresholds make of them."""
    limits, found = Matching(), []
    for pair in pairs:
        evidence = Evidence(pair.a, pair.b)
        confidence = evidence.judge(limits)
        if confidence is _SURE and not (share_key(pair) or evidence.is_of_one_employer):
            confidence = _UNSURE
        found.append(Judged(pair, evidence, confidence))
    return found


def print_figures(name: str, judged: Sequence[Judged]) -> None:
    """Print the shares of one file."""
    same = [one for one in judged if one.pair.same]
    other = [one for one in judged if not one.pair.same]
    merged = [one for one in judged if one.confidence is _SURE and do_meet(one.pair)]
    _print(f"{name}: {len(same)} pairs of one person, {len(other)} of two")
    _print(f"  merged without asking, and right  {_share(merged, same=True)}")
    alike = [one for one in same if one.confidence is not _OTHER]
    _print(f"  one person: alike, if compared    {Proportion(len(alike), len(same))}")
    met = [one for one in same if do_meet(one.pair)]
    _print(f"  one person: compared              {Proportion(len(met), len(same))}")
    found = [one for one in alike if do_meet(one.pair)]
    _print(f"  one person: merged or asked       {Proportion(len(found), len(same))}")
    sure = [one for one in found if one.confidence is _SURE]
    _print(f"  one person: merged                {Proportion(len(sure), len(same))}")
    asked = [one for one in other if one.confidence is _UNSURE and do_meet(one.pair)]
    _print(f"  two people: asked                 {Proportion(len(asked), len(other))}")
    wrong = [one for one in merged if not one.pair.same]
    _print(f"  two people: merged                {Proportion(len(wrong), len(other))}")


def _share(judged: Sequence[Judged], *, same: bool) -> Proportion:
    return Proportion(sum(one.pair.same is same for one in judged), len(judged))


def do_meet(pair: Pair) -> bool:
    """Whether the gates compare the two: by a key, or by a block of one brand."""
    if share_key(pair):
        return True
    a, b = read_profile(pair.a), read_profile(pair.b)
    if _brands(pair.a, a.domain).isdisjoint(_brands(pair.b, b.domain)):
        return False
    return not set(blocks_of(pair.a)).isdisjoint(blocks_of(pair.b))


def share_key(pair: Pair) -> bool:
    """Whether an address, a contact key or a phone number brings the two together."""
    a, b = read_profile(pair.a), read_profile(pair.b)
    keys = (
        (fold_email(pair.a.email), fold_email(pair.b.email)),
        (a.linkedin, b.linkedin),
        (a.person_id, b.person_id),
        (a.crm_id, b.crm_id),
        (a.phone[0], b.phone[0]),
    )
    return any(mine and mine == other for mine, other in keys)


def _brands(one: Fingerprint, domain: str) -> set[str]:
    return set(brand_stops(one.company, domain))


def print_mistakes(judged: Sequence[Judged]) -> None:
    """Print what was judged against its label."""
    for one in judged:
        if (one.confidence is _SURE) != one.pair.same and one.confidence is not _UNSURE:
            said = ", ".join(f"{a.field} {a.level}" for a in one.evidence.agreements)
            _print(f"  {one.pair.kind}: {one.evidence.bits:+g} ({said})")


def print_weights(judged: Sequence[Judged]) -> None:
    """Print each level with its pairs, the bits that these alone would give, and those in use."""
    seen = {same: _levels(judged, same=same) for same in (True, False)}
    totals = {same: Counter(field for field, _ in seen[same].elements()) for same in seen}
    for field, levels in WEIGHTS.items():
        for level, bits in levels.items():
            one, two = seen[True][field, level], seen[False][field, level]
            alone = log2((one + 0.5) / (totals[True][field] + 1)) - log2(
                (two + 0.5) / (totals[False][field] + 1)
            )
            _print(
                f"  {field:20} {level:16} one {one:4} two {two:4}  alone {alone:+.1f}"
                f"  in use {bits:+.1f}"
            )


def _levels(judged: Sequence[Judged], *, same: bool) -> Counter[tuple[str, str]]:
    return Counter(
        (agreement.field, agreement.level)
        for one in judged
        if one.pair.same is same
        for agreement in one.evidence.agreements
    )


def _print(line: str) -> None:
    sys.stdout.write(f"{line}\n")


def main() -> None:
    """Print the figures."""
    known = judge([*read_pairs("pairs"), *read_pairs("pairs-second")])
    print_figures("to tune on: pairs.jsonl and pairs-second.jsonl", known)
    if "--mistakes" in sys.argv:
        print_mistakes(known)
    if "--weights" in sys.argv:
        print_weights(known)
    pairs = read_pairs("pairs-held-out")
    began = time.perf_counter()
    rest = judge(pairs)
    spent = time.perf_counter() - began
    print_figures("held out, labelled apart: pairs-held-out.jsonl", rest)
    _print(f"two people take {spent / len(rest) * 1e6:.0f} µs, read for the first time")


if __name__ == "__main__":
    main()
