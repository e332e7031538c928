"""Search: by criteria, address, phone number or word, a while behind
(Zoho's page "Search Records")."""

import re
import time
from collections.abc import Callable

from fastapi import Request
from starlette.responses import Response

from sandbox.store import Thing
from sandbox.zoho.listings import page_of_rows
from sandbox.zoho.org import Org, iso
from sandbox.zoho.refusals import RefusedError, missing_param
from sandbox.zoho.routing import Routes
from sandbox.zoho.shown import shown

_CRITERIA = 15
_CRITERION = re.compile(r"\((?P<field>\w+):(?P<sign>\w+):(?P<value>(?:\\.|[^\\()])*)\)")
Test = Callable[[Thing], bool]
_SIGNS: dict[str, Callable[[str, str], bool]] = {
    "equals": lambda value, wanted: value == wanted,
    "not_equal": lambda value, wanted: value != wanted,
    "starts_with": lambda value, wanted: value.startswith(wanted),
    "in": lambda value, wanted: value in wanted.split(","),
    "greater_than": lambda value, wanted: value > wanted,
    "greater_equal": lambda value, wanted: value >= wanted,
    "less_than": lambda value, wanted: value < wanted,
    "less_equal": lambda value, wanted: value <= wanted,
}


def serve_search(routes: Routes) -> None:
    """Add the route."""
    org = routes.org

    @routes.route("GET", "/{module}/search")
    async def search(request: Request, module: str) -> Response:
        """Converted leads are hidden unless asked for, and nothing found is 204."""
        fields = org.fields(module)
        test = _test(org, module, request)
        visible = iso(time.time() - org.search_lag)
        converted = request.query_params.get("converted") in {"true", "both"}
        hits: list[Thing] = []
        for record in org.all(module).values():
            indexed = record["Modified_Time"] <= visible
            if indexed and (converted or not record.get("$converted")) and test(record):
                hits.append(record)
        wanted = request.query_params.get("fields")
        names = wanted.split(",") if wanted else sorted(fields)
        return page_of_rows(request, "data", hits, lambda record: shown(org, module, record, names))


def _test(org: Org, module: str, request: Request) -> Test:
    """Of several parameters the first of criteria, email, phone and word counts."""
    params = request.query_params
    if criteria := params.get("criteria"):
        return _parsed(org, module, criteria)
    if email := params.get("email", "").casefold():
        return lambda record: email in _texts(record, ("Email", "Secondary_Email"))
    if phone := params.get("phone", "").casefold():
        return lambda record: phone in _texts(record, ("Phone", "Mobile"))
    word = params.get("word", "").casefold()
    if not word:
        raise missing_param("criteria")
    if len(word) < 2:
        raise RefusedError(400, "INVALID_DATA", "invalid data", param_name="word")
    return lambda record: _has_word(record, word)


def _texts(record: Thing, names: tuple[str, ...]) -> set[str]:
    return {str(record.get(name) or "").casefold() for name in names} - {""}


def _has_word(record: Thing, word: str) -> bool:
    """Whether any word of a record begins so."""
    texts = [str(value).casefold() for value in record.values() if isinstance(value, str)]
    return any(part.startswith(word) for text in texts for part in text.split())


def _parsed(org: Org, module: str, text: str) -> Test:
    """`((A:equals:x)and(B:starts_with:y))`, at most fifteen criteria. Raises RefusedError."""
    test, rest = _clause(org, module, text.strip())
    if rest:
        test, rest = _more(org, module, test, rest)
    if rest or len(_CRITERION.findall(text)) > _CRITERIA:
        raise _invalid(text)
    return test


def _clause(org: Org, module: str, text: str) -> tuple[Test, str]:
    """The first clause of a text, and what is behind it."""
    if found := _CRITERION.match(text):
        return _criterion(org, module, found), text[found.end() :]
    if not text.startswith("("):
        raise _invalid(text)
    test, rest = _more(org, module, *_clause(org, module, text[1:]))
    if not rest.startswith(")"):
        raise _invalid(text)
    return test, rest[1:]


def _more(org: Org, module: str, test: Test, rest: str) -> tuple[Test, str]:
    """A clause with those that are joined to it."""
    while found := re.match(r"and|or", rest):
        other, rest = _clause(org, module, rest[found.end() :])
        test = _joined(found[0], test, other)
    return test, rest


def _joined(word: str, left: Test, right: Test) -> Test:
    if word == "and":
        return lambda record: left(record) and right(record)
    return lambda record: left(record) or right(record)


def _criterion(org: Org, module: str, found: re.Match[str]) -> Test:
    name, compare = found["field"], _SIGNS.get(found["sign"])
    if name not in org.fields(module) or compare is None:
        raise _invalid(found[0])
    wanted = re.sub(r"\\(.)", r"\1", found["value"]).casefold()

    def holds(record: Thing) -> bool:
        value = record.get(name)
        text = str(value.get("id") if isinstance(value, dict) else value or "").casefold()
        return compare(text, wanted)

    return holds


def _invalid(text: str) -> RefusedError:
    return RefusedError(400, "INVALID_QUERY", "invalid query formed", reason=text[:100])
