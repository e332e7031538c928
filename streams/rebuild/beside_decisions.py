"""Rows that an event tells of, beside those of its decision."""

from typing import Any

from leads.gates.common import is_erased
from leads.records import Audit, Lead
from leads.table_rows import Attempt, Suppression
from leads.waits import ERASED
from streams.rebuild.derived import source_of
from streams.rebuild.model import home_of, nowhere
from streams.rebuild.rebuilt_rows import RebuiltRows
from streams.runner.audit_events import subject_of
from streams.runner.model import UNREAD, Stage, StageTask
from streams.runner.outbox import partition_of
from streams.runner.suppression import suppression_of
from tables.schema import SOURCES, SUPPRESSIONS
from tables.state import BatchView


def keep_suppression(rows: RebuiltRows, partition: int, view: BatchView, task: StageTask) -> None:
    """What stopped a person when a stage looked, where its signal is in the log no more. Under
    which of the person's keys it was found nobody says: it holds for both."""
    found: Suppression | None = getattr(task.state, "suppression", None)
    lead = task.record
    if found is None or not isinstance(lead, Lead) or suppression_of(lead, view) is not None:
        return
    for key in filter(None, {lead.person_key if found.whole_person else "", lead.address_key}):
        view.put(SUPPRESSIONS, key, found)
        if partition_of(key.encode()) != partition:
            _put_suppression(rows, key, found)


def keep_erasure(rows: RebuiltRows, certificate: Audit) -> None:
    """That an erased person is never taken in again: the signals that said so may be in the log no
    more, the certificate always is."""
    stop = Suppression(kind=ERASED, at=certificate.at, source="erase", whole_person=True)
    for key in certificate.outcome["address_keys"]:
        known = rows.view(partition_of(key.encode())).get(SUPPRESSIONS, key)
        if known is None or not is_erased(known):
            _put_suppression(rows, key, stop)


def _put_suppression(rows: RebuiltRows, key: str, found: Suppression) -> None:
    partition = partition_of(key.encode())
    view = rows.view(partition)
    view.put(SUPPRESSIONS, key, found)
    rows.store(partition, view)


def keep_source(rows: RebuiltRows, lead: Lead) -> None:
    """A source record's row, from the lead as identity got it, where the captured record of that
    revision is gone."""
    partition, row = partition_of(home_of("intake", lead).encode()), source_of(lead)
    view = rows.view(partition)
    known = view.get(SOURCES, lead.lead_id)
    if known is None or known.revision < row.revision:
        view.put(SOURCES, lead.lead_id, row)
        rows.store(partition, view)


def keep_decided(rows: RebuiltRows, stage: Stage, event: Audit, record: Any, raw: Any) -> None:
    """That a stage has decided: nothing but the row that keeps a worker from deciding once more.

    `record` is what was decided about, None for a captured one that is in the log no more; `raw`
    the captured record as it lies there.
    """
    key, step, home = f"captured:{event.lead}", 0, _source_key(event)
    if record is not None:
        key, step, _ = subject_of(record, raw)
        home = home_of(stage.name, record)
    partition = partition_of(home.encode())
    view = rows.view(partition)
    attempt = Attempt(
        step=step,
        cause=event.cause,
        now=event.at,
        since=event.at,
        rules=event.rules,
        seen=UNREAD,
        done={},
        closed=True,
        at=nowhere(stage, partition),
        lead_id=event.lead,
        shadow=event.shadow,
    )
    view.put(stage.attempts, key, attempt)
    rows.store(partition, view)


def _source_key(event: Audit) -> str:
    record = event.inputs["record"]
    return f"{record.get('source')}:{record.get('source_id')}"
