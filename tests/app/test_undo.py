"""`leadgate undo`: what it asks the CRM, and what it finds there."""

import asyncio
import time
from collections.abc import Sequence
from typing import Any, cast

import msgspec
import pytest
from pydantic import SecretStr

from app.base.settings import Settings
from app.base.vendors import VendorClients
from app.ingest.import_registry import record_start
from app.kafka.clients import producing
from app.operations.undo import ImportUndo
from app.setup.provision import provision_topics
from connectors.memory.crm import MemoryCrm
from leads.records import AuditPerson, Change
from tests.app.test_audit_reader import event, write

pytestmark = pytest.mark.kafka


class Counting(MemoryCrm):
    """Counts its reads; every contact still holds what was written, but one that is gone."""

    def __init__(self) -> None:
        super().__init__(lambda: 1.0)
        self.reads: list[int] = []

    async def read(
        self, contact_ids: Sequence[str], names: Sequence[str]
    ) -> list[dict[str, Any] | None]:
        self.reads.append(len(contact_ids))
        return [None if i == "c7" else {n: f"{n} of {i}" for n in names} for i in contact_ids]


def test_contacts_are_read_in_the_crms_batches(kafka: str) -> None:
    crm = Counting()

    async def check() -> None:
        settings = Settings.model_construct(
            kafka_bootstrap_servers=kafka, site_secret=SecretStr("s3cret")
        )
        await provision_topics(settings)
        now = time.time()
        events = []
        for n in range(150):
            name = "title" if n < 120 else "phone"
            change = Change(
                contact_id=f"c{n}", wrote={name: f"{name} of c{n}"}, before={name: None}
            )
            one = event(
                f"undo{n}",
                1,
                "written",
                "engaged",
                outcome={"imported": "big.csv:1", "contact": f"c{n}", "existed": True},
            )
            events.append(
                (msgspec.structs.replace(one, person=AuditPerson(changes=(change,))), now)
            )
        await write(settings, events)
        async with producing(settings) as producer:
            await record_start(settings, producer, "big.csv:1", now)
        vendors = VendorClients(crm, cast("Any", None), cast("Any", None), [])
        report = await ImportUndo(settings, vendors, "big.csv:1", "olga", now).run([], dry_run=True)
        assert report is not None
        assert (report.leads, len(report.restored), report.gone) == (150, 149, ["c7"])
        assert (
            await ImportUndo(settings, vendors, "nobody's.csv", "olga", now).run([], dry_run=True)
            is None
        )

    asyncio.run(check())
    assert crm.reads == [100, 20, 30]


def test_an_import_that_is_taken_back_is_left_as_it_is(kafka: str) -> None:
    async def check() -> None:
        settings = Settings.model_construct(
            kafka_bootstrap_servers=kafka, site_secret=SecretStr("s3cret")
        )
        await provision_topics(settings)
        ident = "twice.csv:1"
        record = {"record": {"imported": ident}}
        ends = [event(f"twice{n}", 2, "undone", "undone", inputs=record) for n in range(2)]
        await write(settings, [(one, time.time()) for one in ends])
        vendors = VendorClients(Counting(), cast("Any", None), cast("Any", None), [])
        report = await ImportUndo(settings, vendors, ident, "me", time.time()).run(
            [], dry_run=False
        )
        assert report is not None
        assert report.leads == 0
        assert report.text().startswith("already taken back on 1970-01-01 00:00:02 UTC")

    asyncio.run(check())
