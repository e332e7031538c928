"""What strangers send: values of the right shape, of the wrong one, and bytes."""

import json
from typing import Any
from urllib.parse import urlencode

from hypothesis import strategies as st

from leads.export_columns import COLUMNS

NASTY = (
    "", " ", "\x00", "\x1b[31m", "\u202e", "\ufeff", "\ud83d", "N/A", "null", "-", "'=1+1",
    "=HYPERLINK(1)", "../labels", "a#b@x.com", "x{0}@y.com", "victim%40c.com/unsubscribe?x@e.com",
    "Ivo <ivo@optone.com>", "mailto:jana@b.com", "email_not_unlocked@domain.com", "6.4E+22",
    "9" * 400, "\u1369", "\u00bd", "1e999", "a" + "," * 3000 + "b", "a" + "\u0301\u0327" * 1500,
    "&amp;" * 1000, "\uff21" * 400, "10,001+", "12,5", "555-0132", "+1 415 555 0132 ext. 7", "CA",
    "TRUE", "ada@acme.com", "Ada", "VP Sales", "Acme, Inc.", "xn--a", "acme.com?utm=1", "\u2028",
)  # fmt: skip
FIELDS = (
    "email", "first_name", "last_name", "name", "title", "company", "organization_name", "phone",
    "sanitized_phone", "phone_numbers", "contact_emails", "organization", "account", "linkedin_url",
    "id", "contact_id", "person_id", "email_status", "email_true_status", "country", "state",
    "city", "contact", "contacts", "intent_strength", "updated_at", "contact_campaign_statuses",
    "typed_custom_fields", "contact__organization__primary_domain", "website", "email_unsubscribed",
    "do_not_call", "replied", "stage", "Email", "First Name", "lists",
)  # fmt: skip
TEXTS = st.one_of(st.sampled_from(NASTY), st.text(max_size=40))
SCALARS = st.one_of(
    TEXTS,
    st.none(),
    st.booleans(),
    st.integers(),
    st.integers(min_value=-(10**40), max_value=10**40),
    st.floats(),
)
NAMES = st.one_of(st.sampled_from(FIELDS), st.text(max_size=12))
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=5),
    max_leaves=20,
)
GOOD = {
    "id": "66f000000000000000000001",
    "email": "ada@engine-works.com",
    "first_name": "Ada",
    "last_name": "Byron",
    "title": "VP Sales",
    "organization_name": "Engine Works",
    "email_status": "verified",
    "email_true_status": "Verified",
    "country": "United States",
}
_ANY = st.dictionaries(NAMES, VALUES, max_size=12)
_NEARLY = st.dictionaries(NAMES, VALUES, max_size=3).map(lambda some: {**GOOD, **some})
OBJECTS = st.one_of(_NEARLY, _ANY)


def as_json(value: Any) -> bytes:
    """JSON with lone surrogates escaped, as some programs send them."""
    return json.dumps(value).encode()


def as_form(value: dict[str, Any]) -> bytes:
    """A form; what it can't hold is replaced."""
    return urlencode({str(k): str(v) for k, v in value.items()}, errors="replace").encode()


BODIES = st.one_of(
    OBJECTS.map(as_json),
    st.lists(OBJECTS, max_size=4).map(as_json),
    VALUES.map(as_json),
    OBJECTS.map(as_form),
    st.binary(max_size=300),
    st.integers(1, 3000).map(lambda n: b"[" * n),
    st.integers(1, 3000).map(lambda n: b'{"contact":' * n + b"1" + b"}" * n),
)

_CELLS = TEXTS.map(lambda text: text.encode("utf-8", "surrogatepass"))
_COLUMNS = st.one_of(
    st.sampled_from([column.name for column in COLUMNS]).map(str.encode),
    st.sampled_from([b"E-mail", b"job title", b"Phone", b"Organization", b"Employees"]),
    _CELLS,
)
_ENDS = st.sampled_from([b"\n", b"\r\n", b"\r"])
_BETWEEN = st.sampled_from([b",", b";", b"\t", b"|"])
NEEDED = [b"First Name", b"Last Name", b"Title", b"Email", b"Company"]


@st.composite
def files(draw: st.DrawFn) -> bytes:
    """A CSV file, nearly one, or bytes."""
    if draw(st.integers(0, 9)) == 0:
        return draw(st.binary(max_size=2000))
    between, end = draw(_BETWEEN), draw(_ENDS)
    header = [*(NEEDED if draw(st.integers(0, 4)) else []), *draw(st.lists(_COLUMNS, max_size=8))]
    rows = [header]
    for _ in range(draw(st.integers(0, 4))):
        cells = draw(st.lists(_CELLS, min_size=1, max_size=len(header) + 1))
        rows.append([_quoted(cell) if draw(st.booleans()) else cell for cell in cells])
    content = draw(st.sampled_from([b"", b"\xef\xbb\xbf"])) + end.join(map(between.join, rows))
    if draw(st.integers(0, 5)) == 0:
        return content.decode("utf-8", "replace").encode(
            draw(st.sampled_from(["utf-16", "cp1252", "cp932", "utf-16-le"])), "replace"
        )
    return content


def _quoted(cell: bytes) -> bytes:
    return b'"' + cell.replace(b'"', b'""') + b'"'
