"""Whether a secret that a person chose can be guessed."""

import re
from itertools import pairwise

_SHORTEST = 16
_FEWEST_KINDS = 6  # different characters; sixteen random hexadecimal digits have ten
#: What is tried first, and what a person writes who has not yet chosen.
_WORDS = re.compile(
    r"pass(word|phrase)|secret|change.?me|leadgate|webhook|example|sample|sandbox|qwert[yz]"
    r"|letmein|admin|default|test|demo|site|web|key|my|the|your|not|for|\W|_",
    re.IGNORECASE,
)
_HOW = "make one with: openssl rand -hex 32"


def why_weak(secret: str) -> str:
    """Why a secret is too weak and how to make another, as the rest of a sentence about it; '' for
    a good one."""
    weakness = _weakness(secret)
    return weakness and f"{weakness}; {_HOW}"


def _weakness(secret: str) -> str:
    if len(secret.strip()) < _SHORTEST:
        return f"has fewer than {_SHORTEST} characters"
    if _repeats(secret) or len({*secret}) < _FEWEST_KINDS:
        return "repeats the same characters"
    if _runs(secret):
        return "is a run of neighbouring characters"
    if len({*_WORDS.sub("", secret)}) < _FEWEST_KINDS:
        return "is made of words that are tried first"
    return ""


def _repeats(text: str) -> bool:
    """Whether it is a shorter text several times."""
    return text in (text + text)[1:-1]


def _runs(text: str) -> bool:
    """Whether most of its characters are the neighbours of those before, as in 0123 or aabb."""
    steps = [ord(after) - ord(before) for before, after in pairwise(text)]
    return sum(abs(step) <= 1 for step in steps) > len(steps) * 2 / 3
