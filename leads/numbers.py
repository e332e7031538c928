"""Numbers as people and spreadsheets write them. Text that is none gives None; nothing raises."""

import re

_LONGEST = 30
_PLAIN = re.compile(r"[+-]?([0-9]+(\.[0-9]+)?|\.[0-9]+)(e[+-]?[0-9]{1,3})?", re.IGNORECASE)
_COUNT = re.compile(
    r"[~\u2248>\u2265]? ?([0-9][0-9.,' ]*)(k)? ?"
    r"(\+|(?:[-\u2013\u2014]|to|bis|a|\u00e0) ?[0-9][0-9.,' ]*(k?))? ?"
    r"(employees|people|mitarbeiter(innen)?)?",
    re.IGNORECASE,
)
_THOUSAND = 1000
_GROUPED = re.compile(r"[+-]?[0-9]{1,3}(?:([,.' ])[0-9]{3})(?:\1[0-9]{3})*")
_MOST = 2**53  # beyond it a JSON number isn't exact any more


def parse_number(text: str) -> int | float | None:
    """`1,200`, `1.234,56`, `12,5`, `-3`, `1e3`: a finite number of at most 30 characters, None for
    anything else.

    One comma or point before three digits groups thousands if it is a comma, and is a decimal
    point if it is a point.
    """
    text = text.strip()
    if not text or len(text) > _LONGEST or not text.isascii():
        return None
    plain = _ungrouped(text)
    if not _PLAIN.fullmatch(plain):
        return None
    number = float(plain)
    if abs(number) > _MOST:
        return None
    if number.is_integer():
        return int(number)
    return number


def _ungrouped(text: str) -> str:
    """With a point before decimals, and nothing between thousands."""
    sign = decimal = ""
    if text[0] in "+-":
        sign, text = text[0], text[1:]
    if "," in text and "." in text:
        mark = max(",", ".", key=text.rfind)
        text, _, decimal = text.rpartition(mark)
    elif text.count(".") == 1:
        text, _, decimal = text.partition(".")
    elif text.count(",") == 1 and not _GROUPED.fullmatch(text):
        text, _, decimal = text.partition(",")
    text = _join_groups(text)
    return f"{sign}{text}.{decimal}" if decimal else sign + text


def _join_groups(text: str) -> str:
    """Without the marks between groups of three digits, if it is such groups."""
    if _GROUPED.fullmatch(text):
        return re.sub(r"[,.' ]", "", text)
    return text


def parse_count(text: str) -> int | None:
    """A number of things; of a range (`201-500`, `11 to 50`, `10,001+`) its lower bound, also
    `~500`, `2k` and `500 employees`. Every group of three digits is thousands, since things are
    whole. None for what is no whole number from 0 on."""
    if len(text) > _LONGEST or (found := _COUNT.fullmatch(text.strip())) is None:
        return None
    number = parse_number(_join_groups(found[1].strip()))
    if number is not None and (found[2] or found[4]):
        number = parse_number(found[1].strip().replace(",", "."))
        number = round(number * _THOUSAND) if number is not None else None
    return number if isinstance(number, int) else None
