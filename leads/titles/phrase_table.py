"""Phrases looked up in a row of words."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple


class Match(NamedTuple):
    """A phrase that was found: what it means, and how many words it has."""

    meaning: str
    phrase: str
    length: int


class Phrases:
    """A table meaning -> phrases, separated by `|`. A word that ends in `*` stands for every word
    that begins so."""

    def __init__(self, table: Mapping[str, str]) -> None:
        self._meanings: dict[str, str] = {}
        self._beginnings: dict[str, str] = {}
        self._longest: dict[str, int] = {}  # by first word, in words
        for meaning, phrases in table.items():
            for phrase in split_phrases(phrases):
                if phrase.endswith("*"):
                    self._beginnings[phrase[:-1]] = meaning
                else:
                    self._add(phrase, meaning)

    def _add(self, phrase: str, meaning: str) -> None:
        self._meanings[phrase] = meaning
        first, length = phrase.split(" ", 1)[0], phrase.count(" ") + 1
        self._longest[first] = max(length, self._longest.get(first, 0))

    def match(self, words: Sequence[str], at: int) -> Match | None:
        """The longest phrase that begins at a word, None if none does."""
        longest = self._longest.get(words[at], 0)
        for length in range(min(longest, len(words) - at), 0, -1):
            phrase = " ".join(words[at : at + length])
            if phrase in self._meanings:
                return Match(self._meanings[phrase], phrase, length)
        return self._match_beginning(words[at])

    def _match_beginning(self, word: str) -> Match | None:
        if not self._beginnings:
            return None
        for length in range(len(word), 3, -1):
            meaning = self._beginnings.get(word[:length])
            if meaning is not None:
                return Match(meaning, word, 1)
        return None

    def meaning_of(self, phrase: str) -> str:
        """What a whole phrase means, '' if it is not in the table."""
        return self._meanings.get(phrase, "")

    def ending_of(self, word: str) -> str:
        """What the longest ending of a compound word means, '' if none is in the table. The whole
        word is its own longest ending."""
        for start in range(len(word) - 2):
            meaning = self._meanings.get(word[start:])
            if meaning is not None:
                return meaning
        return ""


def split_phrases(phrases: str) -> list[str]:
    """The phrases of one row of a table."""
    return [" ".join(phrase.split()) for phrase in phrases.split("|")]
