"""The versions of the rules that their topic holds, and which of its records are believed."""

import json
from dataclasses import dataclass, field

from pydantic import ValidationError

from leads import topics
from leads.rules import Rules, hash_of
from leads.signatures import Headers, SignatureError, Signatures


@dataclass(slots=True)
class RuleVersions:
    """What the records say, taken in their order.

    `known` are versions by hash, for the leads that carry them. `in_force` is the hash of the
    version that was published last, with the highest `number`; '' if none is signed. `refused`
    holds the reasons against the other records, by their keys.

    A record without this site's signature is of a release that didn't sign yet. Its hash must be
    that of its content, so that leads can go on by it; it never comes into force.
    """

    known: dict[str, Rules] = field(default_factory=dict)
    in_force: str = ""
    number: int = 0
    refused: dict[str, str] = field(default_factory=dict)
    _signed: set[str] = field(default_factory=set)

    def take(
        self,
        signatures: Signatures,
        key: bytes,
        value: bytes,
        headers: Headers,
    ) -> None:
        """One record of the topic. A wrong one takes nothing away that is known."""
        name = key.decode(errors="replace")
        try:
            rules = _read(name, value)
        except ValueError as error:
            self.refused[name] = str(error)
            return
        try:
            number = signatures.number_of(topics.RULES.full, key, value, headers)
        except SignatureError:
            if name not in self._signed:
                self.known[name] = rules
            return
        self._signed.add(name)
        self.known[name] = rules
        if number >= self.number:
            self.number, self.in_force = number, name


def _read(name: str, value: bytes) -> Rules:
    """Raises ValueError for another content than the hash names, or for no rules."""
    try:
        found = hash_of(json.loads(value))
    except (ValueError, RecursionError) as error:
        raise ValueError(f"it is no JSON ({error})") from None
    if found != name:
        raise ValueError(f"its key is not the hash of its content, which is {found}")
    try:
        return Rules.model_validate_json(value)
    except ValidationError as error:
        faults = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
        raise ValueError(f"this release can't read it: {faults}") from None
