"""Countries: from a vendor's name to the ISO 3166 code, and from the code to the English name that
CRMs show."""

from functools import lru_cache

import pycountry

#: What people write and the standard doesn't name.
_ALSO = {
    **dict.fromkeys(
        ("uk", "u.k.", "great britain", "england", "scotland", "wales", "northern ireland"), "GB"
    ),
    **dict.fromkeys(("u.s.", "u.s.a.", "united states of america (usa)"), "US"),
    **dict.fromkeys(("the netherlands", "holland"), "NL"),
    "deutschland": "DE",
    "russia": "RU",
    "turkey": "TR",
    "uae": "AE",
    "ivory coast": "CI",
    "macau": "MO",
    "brunei": "BN",
    "cape verde": "CV",
}
_CODE = 2  # letters


@lru_cache(maxsize=4096)
def country_code(text: str) -> str:
    """ISO 3166 alpha-2 where known, otherwise the text as the source has it. `text` has no outer
    spaces."""
    folded = text.casefold()
    if folded in _ALSO:
        return _ALSO[folded]
    try:
        return str(pycountry.countries.lookup(text).alpha_2)
    except LookupError:
        return text.upper() if len(text) == _CODE else text


@lru_cache(maxsize=4096)
def country_name(code: str) -> str:
    """The common English name of a code; anything else is returned unchanged."""
    if len(code) != _CODE:
        return code
    found = pycountry.countries.get(alpha_2=code)
    if found is None:
        return code
    return str(getattr(found, "common_name", found.name))


def is_country(code: str) -> bool:
    """Whether it is a code of the standard's."""
    return len(code) == _CODE and pycountry.countries.get(alpha_2=code) is not None
