"""A title as the tables of words spell it: lower case, no accents, marked parts."""

import re
import unicodedata
from typing import NamedTuple

#: Longer text in a title's field is no title.
LONGEST = 200
#: Ends a position: "Founder, CTO" are two.
POSITION = ";"
#: Joins parts of one position: "Sales & Marketing".
PART = "&"

_LETTERS = str.maketrans({"ł": "l", "ø": "o", "æ": "ae", "đ": "d", "ß": "ss", "\u2019": "'"})
_GENDERS = re.compile(r"\((?:[mwfdxh] ?[/|,*] ?)+[mwfdxh]\)")  # (m/w/d), (f/m/x)
_BRACKETS = re.compile(r"[(\[]([^()\[\]]*)[)\]]?")
#: "Chief Engineer and Safety Officer" and "Chief Warrant Officer" are no chief officers.
_NO_OFFICER = (
    "of|petty|warrant|probation|radio|flight|engineer|accountant|cook|clerk|analyst|nurse|mate|pilot|"
    "architect"
)
_CHIEF = re.compile(
    rf"\bchief ((?!.{{0,60}}?\b(?:{_NO_OFFICER})\b.{{0,60}}?officer)[\w&/ -]{{0,60}}?)officer\b"
)
#: Abbreviations, with or without a full stop.
_SHORT = {
    "dir": "director",
    "mgr": "manager",
    "mngr": "manager",
    "asst": "assistant",
    "assist": "assistant",
    "exec": "executive",
    "sec": "secretary",
    "rep": "representative",
    "reps": "representative",
    "coord": "coordinator",
    "eng": "engineering",
    "engr": "engineer",
    "dev": "developer",
    "admin": "administrator",
    "pres": "president",
    "mktg": "marketing",
    "mkt": "marketing",
    "mkting": "marketing",
    "comms": "communications",
    "acct": "account",
    "accts": "accounts",
    "bizdev": "business development",
    "bd": "business development",
    "revops": "revenue operations",
    "demandgen": "demand generation",
    "gen": "generation",
    "bus": "business",
    "biz": "business",
    "ops": "operations",
    "fin": "finance",
    "infosec": "information security",
    "infra": "infrastructure",
    "mgmt": "management",
    "cust": "customer",
    "cx": "customer experience",
    "csm": "customer success manager",
    "tech": "technical",
    "fmr": "former",
    "retd": "retired",
    "ltg": "leitung",
    "ltr": "leiter",
    "gf": "geschaftsfuhrer",
}
_CHANGES = (
    (re.compile(r"\ba\. ?d\.|\bi\. ?r\."), " former "),  # German: out of service, retired
    (re.compile(r"\bm\.\s?d\.|\bmd\b(?=\W{0,3}(?:phd|mph|mba))"), " doctor "),
    (
        re.compile(
            r"\b(founder|owner|ceo|president)-(?=ceo|cto|coo|cfo|founder|owner|president|operator)"
        ),
        rf"\1 {POSITION} ",
    ),
    (re.compile(r"\b(?:now|current|currently)\b"), f" {POSITION} "),
    (re.compile(r"\ba\. ?i\."), " "),  # Dutch and French: ad interim
    (re.compile(r"\bv[.-]? ?p\b\.?"), "vp"),
    (re.compile(r"\b(?:bus|biz)\.? dev\b"), "business development"),
    (re.compile(r"\bl ?[&+] ?d\b"), "learning"),
    (re.compile(r"\b(?:\w\.){2,}"), lambda found: found[0].replace(".", "") + " "),  # C.E.O.
    (re.compile(r"\w+'s\b"), " "),  # the President's Club has no rank
    (re.compile(r"\br ?[&+] ?d\b"), "research"),
    (re.compile(r"\bfp ?& ?a\b"), "financial"),
    (re.compile(r"\bui ?/ ?ux\b"), "ux"),
    (re.compile(r"\b(co|mede)[- ](?=founder|owner|fond|fund|oprichter|eigenaar)"), r"\1"),
    (re.compile(r"@"), " at "),
    (re.compile(r"[,;/|·•:]| -+ |[\u2013\u2014]"), f" {POSITION} "),
    (re.compile(r"[&+]|\b(?:and|et|y|e|und|en|och|og|oraz)\b"), f" {PART} "),
    (re.compile(r"[^\w;&]+"), " "),
)


class Folded(NamedTuple):
    """The words of a title, and those in its brackets."""

    main: str
    brackets: str


def fold_title(title: str) -> Folded:
    """Words, `;` between positions and `&` between parts of one; at most LONGEST characters are
    read. "Chief Financial Officer" becomes "financial c officer": the rank stands last."""
    lower = title.casefold().translate(_LETTERS)
    plain = _GENDERS.sub(" ", _without_accents(lower)[:LONGEST])
    brackets = f" {POSITION} ".join(_BRACKETS.findall(plain))
    return Folded(_fold(_BRACKETS.sub(" ", plain)), _fold(brackets))


def _without_accents(text: str) -> str:
    if text.isascii():
        return text
    return "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))


def _fold(plain: str) -> str:
    if not plain:
        return ""
    text = _CHIEF.sub(lambda found: re.sub(r"[&/-]", " ", found[1]) + " c officer", plain)
    for pattern, change in _CHANGES:
        text = pattern.sub(change, text)
    return " ".join(_SHORT.get(word, word) for word in text.split())
