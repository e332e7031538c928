"""Every table of a worker's state: its name, its key, its record, the one stage that writes it, and
who reads it.

All of them lie in one changelog, distinguished by their names (see state.py). No table is declared
anywhere else. Partition p of a table holds the keys of partition p of the topics that its stage
reads.
"""

from functools import lru_cache
from typing import Any

from leads.decision import Parked
from leads.records import Fingerprint, PersonValues, Sequences
from leads.table_rows import (
    Attempt,
    BlockRow,
    BrandRow,
    CompanyRow,
    ContactRow,
    Deferred,
    PersonRow,
    SlaClock,
    SlaWindow,
    SlaWindowSpan,
    SourceRow,
    Suppression,
    WaitingRow,
    Woken,
)
from tables.state import Table

#: The key under which `people` and `companies` say that the CRM's snapshot is complete in their
#: partition.
COMPLETE = ""

SOURCES = Table("sources", SourceRow, keyed_by="lead id", writer="intake", readers=("intake",))
PEOPLE = Table(
    "people",
    PersonRow,
    keyed_by="address key",
    writer="identity",
    readers=("identity", "write", "signals", "engage"),
)
COMPANIES = Table(
    "companies", CompanyRow, keyed_by="registrable domain", writer="company", readers=("company",)
)
BRANDS = Table("brands", BrandRow, keyed_by="domain stem", writer="company", readers=("company",))
COLLEAGUES = Table(
    "colleagues",
    Fingerprint,
    keyed_by="brand/person key",
    writer="company",
    readers=("company",),
)
NAME_BLOCKS = Table(
    "name_blocks",
    BlockRow,
    keyed_by="brand/keyed hash of a block of names",
    writer="company",
    readers=("company",),
)
CONTACTS = Table(
    "contacts", ContactRow, keyed_by="person key", writer="write", readers=("identity",)
)
PERSON_VALUES = Table(
    "person_values", PersonValues, keyed_by="person key", writer="write", readers=("write",)
)
SUPPRESSIONS = Table(
    "suppressions",
    Suppression,
    keyed_by="address key or person key",
    writer="signals",
    readers=("identity", "write", "routing", "assign", "engage", "signals", "sla"),
)
SEQUENCES = Table(
    "sequences", Sequences, keyed_by="person key", writer="signals", readers=("engage",)
)
CLOCKS = Table("clocks", SlaClock, keyed_by="person key", writer="sla", readers=("sla", "timers"))
SLA_WINDOWS = Table(
    "sla_windows",
    SlaWindow,
    keyed_by="hour's start/team",
    writer="sla_windows",
    readers=("sla_windows",),
)
SLA_WINDOW_SPANS = Table(
    "sla_window_spans",
    SlaWindowSpan,
    keyed_by="team",
    writer="sla_windows",
    readers=("sla_windows",),
)

#: What one stage each writes by its decisions.
TABLES: tuple[Table[Any], ...] = (
    SOURCES,
    PEOPLE,
    COMPANIES,
    BRANDS,
    COLLEAGUES,
    NAME_BLOCKS,
    CONTACTS,
    PERSON_VALUES,
    SUPPRESSIONS,
    SEQUENCES,
    CLOCKS,
    SLA_WINDOWS,
    SLA_WINDOW_SPANS,
)


@lru_cache
def attempts(stage: str) -> Table[Attempt]:
    """How far a stage came with each record; by the record's own id, or by the lead's. Identity's
    also says of each lead which revision came last."""
    readers = (stage, "assign", "engage") if stage == "identity" else (stage,)
    return Table(
        f"attempt.{stage}", Attempt, keyed_by="lead id or record id", writer=stage, readers=readers
    )


@lru_cache
def parked(stage: str) -> Table[Parked]:
    """What waits under a stage: leads by their ids, other records by their own."""
    return Table(
        f"parked.{stage}",
        Parked,
        keyed_by="lead id or record id",
        writer=stage,
        readers=(stage, "timers"),
    )


@lru_cache
def waiting(stage: str) -> Table[WaitingRow]:
    """Which lead of a person waits under a stage; only where signals wake leads."""
    return Table(
        f"waiting.{stage}", WaitingRow, keyed_by="person key", writer=stage, readers=(stage,)
    )


@lru_cache
def deferred(stage: str) -> Table[Deferred]:
    """What came for a lead that could not take it up yet."""
    return Table(f"deferred.{stage}", Deferred, keyed_by="lead id", writer=stage, readers=(stage,))


@lru_cache
def woken(stage: str) -> Table[Woken]:
    """What a signal or a person's decision did when the stage first read it."""
    return Table(
        f"woken.{stage}",
        Woken,
        keyed_by="signal id or decision id, #delivery",
        writer=stage,
        readers=(stage,),
    )


OF_A_STAGE = (attempts, parked, waiting, deferred, woken)
