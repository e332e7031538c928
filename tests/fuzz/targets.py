"""What is fuzzed, and what must never happen there."""

import subprocess
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from app.base.errors import UsageError
from app.ingest.csv_file import check_file, read_form
from app.ingest.import_preview import preview_rows, preview_text
from app.rules.store import load_rules
from leads.gates.intake import Intake, IntakeState
from leads.keys import Keys
from leads.records import Captured
from leads.rules import Rules
from tests.app.command_line import DEMO_RULES
from tests.fuzz.requests import Request, requests, send
from tests.fuzz.values import OBJECTS, files

Test = Callable[[], None]
_SERVER_ERROR = 500
NOW = 1_800_000_000.0


def web_target(port: int, web: "subprocess.Popen[bytes]", answers: Counter[str]) -> Test:
    """No answer is 5xx, a sound request has one, and the process lives."""

    @given(requests())
    def fuzz_web(request: Request) -> None:
        status = send(port, request)
        answers[str(status)] += 1
        assert status < _SERVER_ERROR, (status, request.wire)
        assert status or not request.is_sound, ("no answer", request.wire)
        assert web.poll() is None, ("web has ended", request.wire)

    return fuzz_web


def file_target(directory: Path, answers: Counter[str]) -> Test:
    """A file is refused in words, or each of its rows is read."""
    rules, keys, path = load_rules(DEMO_RULES), Keys("fuzz"), directory / "fuzz.csv"

    @given(files())
    def fuzz_file(content: bytes) -> None:
        path.write_bytes(content)
        try:
            form = read_form(path)
            check_file(form)
            rows = list(preview_rows(form, rules, keys, NOW))
        except UsageError:
            answers["refused"] += 1
            return
        answers["read"] += 1
        preview_text(rows).encode()

    return fuzz_file


def gate_target(answers: Counter[str]) -> Test:
    """A captured object becomes a lead, a question or a dead letter; nothing raises."""
    rules: Rules = load_rules(DEMO_RULES)
    gate = Intake(Keys("fuzz"))

    @given(OBJECTS, st.sampled_from(["contact", "csv", "resubmitted", "reject", "x"]))
    def fuzz_gate(raw: dict[str, object], form: str) -> None:
        record = Captured(source="zapier", source_id="1", captured_at=NOW, raw=raw, format=form)
        decision = gate.decide(record, IntakeState(), {}, rules, NOW)
        answers[getattr(decision, "kind", "asks")] += 1

    return fuzz_gate
