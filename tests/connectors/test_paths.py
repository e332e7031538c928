"""What a lead says never becomes part of a path's grammar: it is quoted as one segment, or
refused."""

import ast
import asyncio
import contextlib
import re
from collections.abc import Awaitable, Iterator
from pathlib import Path
from urllib.parse import quote, unquote

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.apollo.client import ApolloClient
from connectors.core.crm import Crm
from connectors.core.errors import RecordRejected, VendorError
from connectors.core.http import path_of
from sandbox.apollo import KEY
from sandbox.generate import NURTURE, REPS, SEQUENCE
from sandbox.server import make_sandbox
from tests.contract.vendors import contact_id, on_sandbox, people, write

CONNECTORS = Path(__file__).parents[2] / "connectors"
HOSTILE = [
    "a#b@x.com",
    "victim%40corp.com/unsubscribe-all?x@evil.com",
    "x{0}@y.com",
    "x{}@y.com",
    "a?channel=EMAIL@x.com",
    "../a@x.com",
]
NO_IDS = [
    "../labels",
    "..",
    "",
    "1" * 25,
    "x" * 24,
    f"{1:024x}?a=b",
    f"{1:024x}/../../labels",
    "\ud83d",
]


@given(st.text())
def test_a_part_is_one_segment_that_says_what_was_given(part: str) -> None:
    try:
        path = path_of("/a/{}/b", part)
    except RecordRejected:
        assert part in {"", ".", ".."} or not part.isprintable()
        return
    [before, segment, after] = path.removeprefix("/").split("/")
    assert (before, unquote(segment), after) == ("a", part, "b")
    assert not set(segment) & set("?#/\\@:&=+")


@pytest.mark.parametrize("part", ["", ".", "..", "\ud83d"])
def test_a_part_that_changes_a_path_however_it_is_quoted_is_refused(part: str) -> None:
    with pytest.raises(RecordRejected):
        path_of("/a/{}", part)


@pytest.mark.parametrize("email", HOSTILE)
def test_an_opt_out_addresses_exactly_that_person_or_nobody(email: str) -> None:
    async def test(crm: Crm, control: httpx.AsyncClient) -> None:
        others = [
            write(1),
            write(2, emails=("victim@corp.com",)),
            write(3, emails=("a@x.com",)),
            write(4, emails=("a",), key="a4"),
        ]
        await crm.upsert(others)
        [row] = await crm.upsert([write(9, emails=(email,))])
        with contextlib.suppress(VendorError):
            await crm.stop(contact_id(row), "unsubscribe", [])
        out = [p["email"] for p in await people(control) if p["opted_out"]]
        assert out in ([email.lower()], [])
        assert out or "/" in email, (
            "only what no server can tell apart may stay unwritten, and that raises"
        )

    on_sandbox("hubspot", test)


@pytest.mark.parametrize(
    "ident",
    [
        "../labels",
        "..",
        "",
        "1" * 25,
        "x" * 24,
        f"{1:024x}?a=b",
        f"{1:024x}/../../labels",
        "\ud83d",
    ],
)
def test_what_is_no_id_of_apollos_is_refused_before_anything_is_asked(ident: str) -> None:
    async def test() -> None:
        asked: list[str] = []
        sandbox = httpx.ASGITransport(make_sandbox(None, 0, 1))

        async def note(request: httpx.Request) -> httpx.Response:
            asked.append(request.url.path)
            return await sandbox.handle_async_request(request)

        apollo = ApolloClient(
            "http://sandbox/apollo/api/v1/", KEY, 10**6, httpx.MockTransport(note)
        )
        calls: list[Awaitable[object]] = [apollo.stop(ident), apollo.leave(ident, [SEQUENCE])]
        calls += [apollo.enrol(ident, SEQUENCE, NURTURE), apollo.enrol(f"{1:024x}", ident, NURTURE)]
        calls += [apollo.sequences(ident, "")] if ident else []
        for call in calls:
            with pytest.raises(RecordRejected):
                await call
        assert not asked
        with pytest.raises(RecordRejected):
            await apollo.set_owner(ident, REPS[0])
        assert not [path for path in asked if "owners" in path or "contacts" in path]
        await apollo.close()

    asyncio.run(test())


@pytest.mark.parametrize("vendor", ["hubspot", "salesforce", "zoho"])
@pytest.mark.parametrize("ident", ["../labels", "1/../2", "x' OR Id != '", "\ud83d", "1?a=b"])
def test_an_id_that_is_none_reaches_nobody_else(vendor: str, ident: str) -> None:
    async def test(crm: Crm, control: httpx.AsyncClient) -> None:
        await crm.upsert([write(1), write(2)])
        with contextlib.suppress(VendorError):
            assert all(isinstance(row, VendorError) for row in await crm.read_owners([ident]))
        with contextlib.suppress(VendorError):
            assert all(
                isinstance(row, VendorError) for row in await crm.upsert([write(3, known_id=ident)])
            )
        with pytest.raises(VendorError):
            await crm.stop(ident, "unsubscribe", [])
        assert not [p for p in await people(control) if p["opted_out"] or p["status"]]

    on_sandbox(vendor, test)


def calls_of_paths() -> Iterator[tuple[str, ast.Call]]:
    """Every call of a method that takes a path's template."""
    for file in CONNECTORS.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Call) and re.fullmatch(
                r"(self\._?|_)?(http|api|search)\.(call|get|send)", _name(node.func)
            ):
                yield str(file.relative_to(CONNECTORS)), node


def _name(func: ast.expr) -> str:
    return ast.unparse(func).replace("self._", "self.")


def is_built(node: ast.AST) -> bool:
    """An f-string, a concatenation, `%` or `.format` of what isn't a constant of ours in
    capitals."""
    if isinstance(node, ast.JoinedStr):
        return any(isinstance(part, ast.FormattedValue) for part in node.values)
    if isinstance(node, ast.BinOp):
        return True
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in {"format", "join", "replace"}
    )


def test_no_path_is_built_of_anything_but_a_template_and_parts() -> None:
    found = [*calls_of_paths()]
    assert len(found) > 40, "the walk must see the connectors' calls"
    for file, call in found:
        built = [arg for arg in call.args if is_built(arg) and not _is_version(arg)]
        assert not built, (
            f"connectors/{file}:{call.lineno} builds a path: pass a template and its parts"
        )


def _is_version(node: ast.AST) -> bool:
    """`template.replace("{v}", VERSION)`, HubSpot's version in place of its mark: nothing that
    comes from outside."""
    return ast.unparse(node) == "template.replace('{v}', VERSION)"


def test_a_path_that_is_built_is_seen() -> None:
    for text in (
        'f"contacts/{x}"',
        '"contacts/" + x',
        '"contacts/%s" % x',
        '"contacts/{}".format(x)',
    ):
        assert is_built(ast.parse(text, mode="eval").body), text
    assert not is_built(ast.parse('"contacts/{}"', mode="eval").body)


def test_no_text_that_looks_like_a_path_is_an_f_string() -> None:
    first = "crm|v4|contacts|emailer|automation|communication|sobjects|actions"
    for file in CONNECTORS.rglob("*.py"):
        assert not re.findall(rf'f"/?(?:{first})[^" ]*/', file.read_text()), file


def test_quoting_is_the_standard_librarys() -> None:
    assert path_of("{}", "a b/ü") == quote("a b/ü", safe="")
