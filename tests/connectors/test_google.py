"""The sheet of what waits in Google Sheets; the sandbox is tested with gspread."""

import asyncio
import json
import time
from pathlib import Path
from typing import Any

import gspread
import httpx
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from gspread.http_client import HTTPClient
from gspread.utils import InsertDataOption

from app.review.google_sheet import GoogleSheet
from app.review.sheets import COLUMNS, PersonRows, Row
from connectors.core.errors import RecordRejected, Unauthorised, Unavailable
from connectors.google.auth import GoogleGrant
from connectors.google.sheets import GoogleTab
from leads.keys import Keys
from sandbox.google import EMAIL, new_spreadsheet
from sandbox.server import make_sandbox


@pytest.fixture(scope="module")
def private_key() -> str:
    """A service account's private key."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    form = (
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return key.private_bytes(*form).decode()


def account(base: str, key: str, email: str = EMAIL) -> dict[str, str]:
    """A service account's JSON key."""
    more = {"type": "service_account", "project_id": "p", "private_key_id": "1", "client_id": "1"}
    return {**more, "client_email": email, "private_key": key, "token_uri": f"{base}/token"}


def row(ident: str, **cells: str) -> Row:
    """A wait's row."""
    return {**dict.fromkeys(COLUMNS, ""), "record_id": ident, "title": "VP", **cells}


class Site:
    """A tab on a sandbox in this process."""

    def __init__(self, path: Path, key: str, email: str = EMAIL) -> None:
        app = make_sandbox(None, 0, 1)
        self.transport = httpx.ASGITransport(app)
        file = path / "key.json"
        file.write_text(json.dumps(account("http://sandbox/google", key, email)))
        self._grant = GoogleGrant(file, time.time)
        self.tab = self.through(self.transport)
        self.sheet = GoogleSheet(self.tab)

    def through(self, transport: httpx.AsyncBaseTransport) -> GoogleTab:
        """The tab, reached by another way."""
        return GoogleTab("http://sandbox/google", "s1", "Leadgate", self._grant, transport)

    @classmethod
    async def shared(cls, path: Path, key: str) -> "Site":
        """With the spreadsheet that the tab is in."""
        site = cls(path, key)
        there = new_spreadsheet("s1", "Leadgate")
        await site.control("POST", "/objects/google.spreadsheets/s1", there)
        return site

    async def control(self, method: str, path: str, body: Any = None) -> None:
        """Ask the sandbox's controls."""
        async with httpx.AsyncClient(
            transport=self.transport, base_url="http://sandbox/_control"
        ) as control:
            await control.request(method, path, json=body)


def test_rows_are_added_and_closed_and_what_people_wrote_stays(
    tmp_path: Path, private_key: str
) -> None:
    async def test() -> None:
        site = await Site.shared(tmp_path, private_key)
        await site.sheet.show([row("a:1"), row("b:2")])
        await site.tab.set({"F2": "corrected@acme.test"})
        await site.sheet.show([row("a:1"), row("b:2"), row("c:3", first_name="=1+1")])
        await site.sheet.show([row("a:1"), row("c:3", first_name="=1+1")])
        there = await site.tab.rows()
        assert [(r[0], r[-1]) for r in there[1:]] == [
            ("a:1", "open"),
            ("b:2", "settled"),
            ("c:3", "open"),
        ]
        read = await site.sheet.read()
        assert [r["record_id"] for r in read] == ["a:1", "c:3"]
        assert "corrected@acme.test" in read[0].values()
        assert read[1]["first_name"] == "=1+1"

    asyncio.run(test())


def test_an_append_whose_answer_is_lost_makes_no_double_row(
    tmp_path: Path, private_key: str
) -> None:
    async def test() -> None:
        site = await Site.shared(tmp_path, private_key)
        await site.sheet.show([])
        await site.control("POST", "/faults", {"path": "append", "kind": "lost", "times": 1})
        with pytest.raises(Unavailable):
            await site.sheet.show([row("a:1")])
        await site.sheet.show([row("a:1")])
        assert [r[0] for r in (await site.tab.rows())[1:]] == ["a:1"]

    asyncio.run(test())


def test_a_tab_that_is_somebody_elses_is_left_alone(tmp_path: Path, private_key: str) -> None:
    async def test() -> None:
        site = await Site.shared(tmp_path, private_key)
        await site.tab.append([["name", "phone"], [], ["Ada"]])
        with pytest.raises(RecordRejected, match="give Leadgate an empty tab"):
            await site.sheet.show([row("a:1")])
        assert len(await site.tab.rows()) == 3

    asyncio.run(test())


def test_a_sheet_that_is_not_shared_and_a_key_that_is_none_say_so(
    tmp_path: Path, private_key: str
) -> None:
    async def test() -> None:
        site = await Site.shared(tmp_path, private_key)
        body = {
            "error": {
                "code": 403,
                "message": "The caller does not have permission",
                "status": "PERMISSION_DENIED",
            }
        }
        await site.control(
            "POST", "/faults", {"path": "values", "status": 403, "times": 9, "body": body}
        )
        with pytest.raises(Unauthorised, match="does not have permission; share the spreadsheet"):
            await site.sheet.show([])
        with pytest.raises(Unauthorised, match="account not found"):
            await Site(tmp_path, private_key, "other@x.y").sheet.show([])

    asyncio.run(test())
    (tmp_path / "none.json").write_text("{}")
    with pytest.raises(RecordRejected, match="no service account's JSON key"):
        GoogleGrant(tmp_path / "none.json", time.time)


def test_a_tab_or_a_spreadsheet_that_is_not_there_says_so(tmp_path: Path, private_key: str) -> None:
    async def test() -> None:
        site = Site(tmp_path, private_key)
        with pytest.raises(RecordRejected, match="404 Requested entity was not found"):
            await site.sheet.show([])
        there = new_spreadsheet("s1", "Another tab")
        await site.control("POST", "/objects/google.spreadsheets/s1", there)
        with pytest.raises(RecordRejected, match="parse range: 'Leadgate'!A1:Z; make a tab"):
            await site.sheet.show([])

    asyncio.run(test())


def test_gspread_reads_and_appends(served: str, private_key: str) -> None:
    class Local(HTTPClient):
        """Google's address is a constant of the client's; nothing else of it is touched."""

        def request(self, method: str, endpoint: str, *args: Any, **more: Any) -> Any:
            return super().request(
                method,
                endpoint.replace("https://sheets.googleapis.com", f"{served}/google"),
                *args,
                **more,
            )

    client = gspread.service_account_from_dict(
        account(f"{served}/google", private_key), http_client=Local
    )
    httpx.post(
        f"{served}/_control/objects/google.spreadsheets/s2", json=new_spreadsheet("s2", "Leadgate")
    )
    sheet = client.open_by_key("s2").sheet1
    sheet.append_row(
        ["record_id", "title"], table_range="A1", insert_data_option=InsertDataOption.insert_rows
    )
    sheet.append_row(["a:1", "VP"])
    sheet.batch_update([{"range": "B2", "values": [["CEO"]]}])
    assert sheet.get_all_records() == [{"record_id": "a:1", "title": "CEO"}]


KEYS = Keys("site")
ADA = PersonRows({"l1"}, {KEYS.address("ada@b.com")}, KEYS.address)


class Moving(httpx.AsyncBaseTransport):
    """Passes calls on; before the first write of cells something else happens to the tab."""

    def __init__(self, inner: httpx.AsyncBaseTransport, first: Any) -> None:
        self._inner, self._first = inner, first

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if self._first is not None and "values:batchUpdate" in request.url.path:
            first, self._first = self._first, None
            await first()
        return await self._inner.handle_async_request(request)


async def three_rows(path: Path, key: str) -> Site:
    """A tab with a row of Ada's lead, one of somebody else, and one with Ada's address."""
    site = await Site.shared(path, key)
    rows = [
        row("l1:1", email="ada@b.com", first_name="Ada"),
        row("l2:1", email="bob@b.com", first_name="Bob"),
        row("l3:1", email="ada@b.com", first_name="Ada"),
    ]
    await site.sheet.show(rows)
    return site


def test_a_persons_rows_are_emptied_in_place_and_no_others(
    tmp_path: Path, private_key: str
) -> None:
    async def test() -> None:
        site = await three_rows(tmp_path, private_key)
        before = await site.tab.rows()
        erased = await site.sheet.erase(ADA)
        assert (erased.outcome, erased.ids) == ("erased", ("l1:1", "l3:1"))
        assert "version history" in erased.remains
        header, one, two, three = await site.tab.rows()
        assert (header, two) == (before[0], before[2])
        assert [cell for cell in one if cell] == ["l1:1", "erased"]
        assert [cell for cell in three if cell] == ["l3:1", "erased"]
        assert (await site.sheet.erase(ADA)).outcome == "gone"
        assert [row["record_id"] for row in await site.sheet.read()] == ["l2:1"]

    asyncio.run(test())


def test_an_emptied_row_is_not_shown_again_and_what_is_added_goes_below(
    tmp_path: Path, private_key: str
) -> None:
    """Also by a poller that has not read yet that the lead waits no longer."""

    async def test() -> None:
        site = await three_rows(tmp_path, private_key)
        await site.sheet.erase(ADA)
        await site.sheet.show([row("l1:1", first_name="Ada"), row("l2:1"), row("l4:1")])
        ids = [cells[0] for cells in await site.tab.rows()]
        assert ids == ["record_id", "l1:1", "l2:1", "l3:1", "l4:1"]
        assert "Ada" not in str(await site.tab.rows())

    asyncio.run(test())


def test_a_row_that_is_added_while_a_persons_are_emptied_stays(
    tmp_path: Path, private_key: str
) -> None:
    async def test() -> None:
        site = await three_rows(tmp_path, private_key)
        before = await site.tab.rows()

        async def append() -> None:
            await site.tab.append([["l4:1", "new"]])

        tab = site.through(Moving(site.transport, append))
        await GoogleSheet(tab).erase(ADA)
        rows = await site.tab.rows()
        assert rows[2] == before[2]
        assert rows[4] == ["l4:1", "new"]
        assert "Ada" not in str(rows)

    asyncio.run(test())


def test_rows_that_people_sort_meanwhile_are_put_back_and_the_persons_are_emptied(
    tmp_path: Path, private_key: str
) -> None:
    async def test() -> None:
        site = await three_rows(tmp_path, private_key)
        ada, bob, other = (await site.tab.rows())[1:]

        async def swap() -> None:
            cells: dict[str, str] = {}
            for number, shown in ((2, bob), (3, ada), (4, other)):
                letters = map(chr, range(ord("A"), ord("A") + len(shown)))
                cells |= {f"{letter}{number}": v for letter, v in zip(letters, shown, strict=True)}
            await site.tab.set(cells)

        tab = site.through(Moving(site.transport, swap))
        await GoogleSheet(tab).erase(ADA)
        rows = await site.tab.rows()
        assert bob in rows
        assert "Ada" not in str(rows)

    asyncio.run(test())


def test_an_erasure_whose_answer_is_lost_succeeds_at_the_next_try(
    tmp_path: Path, private_key: str
) -> None:
    async def test() -> None:
        site = await three_rows(tmp_path, private_key)
        fault = {"path": "values:batchUpdate", "kind": "lost", "times": 2}
        await site.control("POST", "/faults", fault)
        with pytest.raises(Unavailable):
            await site.sheet.erase(ADA)
        assert (await site.sheet.erase(ADA)).outcome == "gone"
        assert "Ada" not in str(await site.tab.rows())

    asyncio.run(test())
