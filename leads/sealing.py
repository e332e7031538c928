"""Personal data under a key of the lead that it belongs to, so that erasing the key erases it
everywhere (promise P8).

A record names its personal fields and the lead whose key seals them
(`PersonalRecord`). Sealed, these fields are blank, and `sealed` holds their JSON, encrypted with
AES-SIV (RFC 5297). It needs no nonce and gives the same bytes for the same record: a replay repeats
itself, and decisions can be compared byte for byte. Records that lie in a record are sealed by
themselves, each under its own lead's key: what is remembered of a colleague in another lead's event
goes with the colleague's key.
"""

from collections.abc import Callable, Collection, Hashable, Iterable, Mapping
from functools import cache, lru_cache
from operator import attrgetter, is_
from types import NoneType
from typing import Any, NamedTuple, Protocol, TypeVar, get_args

import msgspec
from cryptography.exceptions import InvalidTag
from msgspec.structs import asdict, fields, replace

from leads.records import PersonalRecord, Record, encode

R = TypeVar("R")
_CACHED = 4096
_PARTS = msgspec.json.Encoder(order="deterministic")
_PLAIN = frozenset({str, int, float, bool, NoneType, msgspec.Raw})  # they hold no record
_BLANKS: Mapping[Any, Any] = {str: "", bytes: b"", dict: {}}


class SealError(RuntimeError):
    """A sealed record that can't be opened, or one whose lead has no key."""


class MissingKeyError(SealError):
    """A lead has no key yet: its records were written before there were keys, or by another
    program."""

    def __init__(self, lead: str) -> None:
        super().__init__(f"lead {lead} has no key")
        self.lead = lead


class KeysUnavailableError(RuntimeError):
    """The store of the keys does not answer."""


class MissingSecretError(RuntimeError):
    """A lead's key is stored, and this process has not the secret that unwraps it: the fault is the
    process's, and no record's."""


class Cipher(Hashable, Protocol):
    """One lead's key: `AESSIV` of `cryptography` is one. The associated data binds a text to the
    kind of record that it was taken from."""

    def encrypt(self, data: bytes, associated_data: list[bytes], /) -> bytes:
        """The same bytes for the same arguments."""
        ...

    def decrypt(self, data: bytes, associated_data: list[bytes], /) -> bytes:
        """Raises InvalidTag for what this key has not encrypted as such."""
        ...


class LeadKeys(Protocol):
    """The keys of leads, in the store that all processes of a site share."""

    async def ensure(self, leads: Collection[str]) -> None:
        """Have a key for each of these leads: one that has none is given one, unless its key was
        destroyed. Durable when it returns; waits for a store that does not answer."""
        ...

    async def load(self, leads: Collection[str]) -> None:
        """Have the keys of those leads that have one at hand; waits as `ensure`."""
        ...

    async def wait(self) -> None:
        """Return once the store answers."""
        ...

    async def destroy(self, leads: Collection[str]) -> None:
        """Destroy the keys of these leads, for ever: none is given another. Durable when it
        returns; waits as `ensure`."""
        ...

    def cipher(self, subject: str) -> Cipher | None:
        """The key of a lead, None for one that was destroyed.

        Raises MissingKeyError for a lead that never had one, KeysUnavailableError while the store
        does not answer, and MissingSecretError.
        """
        ...


class _Plan(NamedTuple):
    """How a kind of record is sealed: which of its fields may hold other records, which are
    personal and what they are when blank, how their values are read, what these are when blank,
    and the record that holds them while they are encrypted. All in one order."""

    nested: tuple[str, ...]
    blanks: dict[str, Any]
    values: Callable[[Any], tuple[Any, ...]]
    blank: tuple[Any, ...]
    part: type[msgspec.Struct]


class Sealing:
    """Seals records before they are encoded, and opens them once they are decoded.

    Without keys every record stays as it is: for programs that only compare, and for peers of the
    benchmark.
    """

    def __init__(self, keys: LeadKeys | None) -> None:
        self._keys = keys
        self._encrypt = lru_cache(maxsize=_CACHED)(_encrypt)
        self._decrypt = lru_cache(maxsize=_CACHED)(_decrypt)

    async def ensure(self, records: Iterable[Any]) -> None:
        """Have a key for the lead of each of these records, before they are sealed or opened. See
        LeadKeys."""
        await self.make_keys(set(filter(None, map(_subject_of, records))))

    async def make_keys(self, leads: Collection[str]) -> None:
        """The same for leads."""
        if self._keys is not None and leads:
            await self._keys.ensure(leads)

    async def open_all(self, records: Iterable[R]) -> list[R]:
        """The records, opened, with one question for their keys."""
        found = list(records)
        leads = {_subject_of(record) for record in found if getattr(record, "sealed", b"")}
        if self._keys is not None and leads:
            await self._keys.load(leads)
        return [self.open(record) for record in found]

    async def wait(self) -> None:
        """Return once the store of the keys answers."""
        if self._keys is not None:
            await self._keys.wait()

    async def destroy(self, leads: Collection[str]) -> None:
        """Destroy the keys of these leads. See LeadKeys."""
        if self._keys is not None and leads:
            await self._keys.destroy(leads)
            self._encrypt.cache_clear()
            self._decrypt.cache_clear()

    def is_destroyed(self, lead: str) -> bool:
        """Whether a lead's key was destroyed: its person was erased."""
        if self._keys is None or not lead:
            return False
        try:
            return self._keys.cipher(lead) is None
        except MissingKeyError:
            return False

    def encode(self, record: Record) -> bytes:
        """The record's JSON, sealed."""
        return encode(self.seal(record))

    def seal(self, record: R) -> R:
        """The record without its personal data, which `sealed` holds.

        Of a lead whose key is destroyed the personal data is dropped. Raises MissingKeyError where
        a lead has no key yet.
        """
        return self._seal(record) if self._keys is not None else record

    def open(self, record: R) -> R:
        """The other way round. What belongs to a destroyed key stays sealed: its fields are blank.

        Raises SealError for what the lead's key has not sealed.
        """
        return self._open(record) if self._keys is not None else record

    def _seal(self, record: Any) -> Any:
        plan = _plan(record.__class__)
        if plan is None:
            return record
        changed = _changed(record, plan.nested, self._seal) if plan.nested else {}
        subject = record.data_subject if plan.blanks else ""
        if not subject:
            return replace(record, **changed) if changed else record
        values = plan.values(record)
        if changed:
            values = tuple(map(changed.get, plan.blanks, values))
        changed.update(plan.blanks)
        if values != plan.blank and (cipher := self._cipher(subject)) is not None:
            changed["sealed"] = self._encrypt(plan.part, cipher, _PARTS.encode(plan.part(*values)))
        return replace(record, **changed)

    def _open(self, record: Any) -> Any:
        plan = _plan(record.__class__)
        if plan is None:
            return record
        if plan.blanks and record.sealed:
            cipher = self._cipher(record.data_subject)
            if cipher is not None:
                part = self._decrypt(plan.part, cipher, record.sealed)
                record = replace(record, sealed=b"", **part)
        changed = _changed(record, plan.nested, self._open) if plan.nested else {}
        return replace(record, **changed) if changed else record

    def _cipher(self, subject: str) -> Cipher | None:
        assert self._keys is not None
        return self._keys.cipher(subject)


def has_sealed_part(value: Any) -> bool:
    """Whether anything in an opened value is still sealed: its key is destroyed."""
    if isinstance(value, PersonalRecord) and value.sealed:
        return True
    if isinstance(value, msgspec.Struct):
        return any(has_sealed_part(getattr(value, name)) for name in value.__struct_fields__)
    if isinstance(value, dict):
        return any(map(has_sealed_part, value.values()))
    return isinstance(value, tuple | list) and any(map(has_sealed_part, value))


def _subject_of(record: Any) -> str:
    return record.data_subject if isinstance(record, PersonalRecord) else ""


def _encrypt(part: type[msgspec.Struct], cipher: Cipher, plain: bytes) -> bytes:
    return cipher.encrypt(plain, [part.__name__.encode()])


def _decrypt(part: type[msgspec.Struct], cipher: Cipher, sealed: bytes) -> dict[str, Any]:
    try:
        plain = cipher.decrypt(sealed, [part.__name__.encode()])
    except (InvalidTag, ValueError):
        raise SealError(
            f"the personal data of a {part.__name__} was sealed with another key"
        ) from None
    return asdict(msgspec.json.decode(plain, type=part))


def _changed(record: Any, names: tuple[str, ...], change: Callable[[Any], Any]) -> dict[str, Any]:
    """The fields whose records `change` has changed."""
    changed = {}
    for name in names:
        before = getattr(record, name)
        if before and (after := _each(before, change)) is not before:
            changed[name] = after
    return changed


def _each(value: Any, change: Callable[[Any], Any]) -> Any:
    """A value with every record in it changed; the value itself where none is."""
    if isinstance(value, msgspec.Struct):
        return change(value)
    if isinstance(value, dict):
        changed = {}
        for key, one in value.items():
            if one.__class__ not in _PLAIN and (after := _each(one, change)) is not one:
                changed[key] = after
        return value | changed if changed else value
    if isinstance(value, tuple | list):
        items = [_each(one, change) for one in value]
        same = all(map(is_, items, value))
        return value if same else type(value)(items)
    return value


@cache
def _plan(kind: type[Any]) -> _Plan | None:
    """The plan of a kind of record, None where nothing in it can be personal."""
    if not (isinstance(kind, type) and issubclass(kind, msgspec.Struct)):
        return None
    found = {one.name: one for one in fields(kind)}
    personal: tuple[str, ...] = getattr(kind, "personal", ())
    nested = tuple(name for name, one in found.items() if _holds_personal(one.type))
    if not personal and not nested:
        return None
    blanks = {name: _blank(found[name]) for name in personal}
    part = msgspec.defstruct(
        kind.__name__,
        [(name, found[name].type, blank) for name, blank in blanks.items()],
        omit_defaults=True,
        frozen=True,
    )
    return _Plan(nested, blanks, _reader(personal), tuple(blanks.values()), part)


def _reader(names: tuple[str, ...]) -> Callable[[Any], tuple[Any, ...]]:
    """What reads the values of these fields of a record."""
    if len(names) > 1:
        return attrgetter(*names)
    return lambda record: tuple(getattr(record, name) for name in names)


def _blank(field: msgspec.structs.FieldInfo) -> Any:
    if field.default is not msgspec.NODEFAULT:
        return field.default
    if field.default_factory is not msgspec.NODEFAULT:
        return field.default_factory()
    origin = getattr(field.type, "__origin__", field.type)
    if isinstance(origin, type) and issubclass(origin, msgspec.Struct):
        return origin()
    return _BLANKS[origin]


@cache
def _holds_personal(kind: Any) -> bool:
    """Whether a value of this type may hold a record with personal data."""
    if kind is Any:
        return True
    if args := get_args(kind):
        # what has Any within a container are values of vendors and of rules
        return any(_holds_personal(one) for one in args if one is not Any)
    return _plan(kind) is not None


#: Leaves records as they are.
UNSEALED = Sealing(None)
