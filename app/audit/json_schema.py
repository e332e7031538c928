"""The JSON schema of the audit's events, as `docs/audit.schema.json` has it: `python -m
app.audit.json_schema`."""

import json
import sys
from typing import Any

import msgspec

from leads.records import Audit


def audit_schema() -> dict[str, Any]:
    """The schema of one event of the topic `leadgate.audit`."""
    schema = json.loads(json.dumps(msgspec.json.schema(Audit)))
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "An event of leadgate.audit",
        **schema,
    }


if __name__ == "__main__":
    sys.stdout.write(json.dumps(audit_schema(), indent=1) + "\n")
