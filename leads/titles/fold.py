"""A title as the tables of words spell it: lower case, no accents, marked parts."""

import re
import unicodedata

#: Longer text in a title's field is no title.
LONGEST = 200
#: Ends a position: "Founder, CTO" are two.
POSITION = ";"
#: Joins parts of one position: "Sales & Marketing".
PART = "&"

_LETTERS = str.maketrans({"ł": "l", "ø": "o", "æ": "ae", "đ": "d", "ß": "ss", "\u2019": "'"})
_CHIEF = re.compile(r"\bchief ((?!petty|of )[\w&/ -]{0,60}?)officer\b")
_CHANGES = (
    (re.compile(r"\((?:[mwfdxh] ?[/|,*] ?)+[mwfdxh]\)"), " "),  # (m/w/d), (f/m/x)
    (re.compile(r"\b(?:\w\.){2,}"), lambda found: found[0].replace(".", "") + " "),  # C.E.O.
    (re.compile(r"'s\b"), " "),
    (re.compile(r"\br ?[&+] ?d\b"), "research"),
    (re.compile(r"\bfp ?& ?a\b"), "financial"),
    (re.compile(r"\bui ?/ ?ux\b"), "ux"),
    (re.compile(r"\b(co|mede)[- ](?=founder|owner|fond|fund|oprichter|eigenaar)"), r"\1"),
    (re.compile(r"@"), " at "),
    (re.compile(r"[,;/|()·•:]| -+ |[\u2013\u2014]"), f" {POSITION} "),
    (re.compile(r"[&+]|\b(?:and|et|y|e|und|en|och|og|oraz)\b"), f" {PART} "),
    (re.compile(r"[^\w;&]+"), " "),
)


def fold_title(title: str) -> str:
    """Words, `;` between positions and `&` between parts of one; at most LONGEST characters are
    read. "Chief Financial Officer" becomes "financial c officer": the rank stands last."""
    lower = title[:LONGEST].casefold().translate(_LETTERS)
    plain = "".join(c for c in unicodedata.normalize("NFKD", lower) if not unicodedata.combining(c))
    plain = _CHIEF.sub(lambda found: re.sub(r"[&/-]", " ", found[1]) + " c officer", plain)
    for pattern, change in _CHANGES:
        plain = pattern.sub(change, plain)
    return plain.strip()
