"""Which pages there are, and what makes each of them."""

from collections.abc import Callable
from pathlib import Path

from reference import (
    access_rights,
    alarms,
    audit_events,
    cli,
    csv_import,
    dashboard,
    metrics,
    personal_data,
    rules,
    settings,
    topics_and_tables,
)

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "docs" / "reference"

#: Each page's text by the file's name. The same code gives the same text.
PAGES: dict[str, Callable[[], str]] = {
    "settings.md": settings.make_page,
    "rules.md": rules.make_page,
    "cli.md": cli.make_page,
    "csv-import.md": csv_import.make_page,
    "topics-and-tables.md": topics_and_tables.make_page,
    "personal-data.md": personal_data.make_page,
    "access-rights.md": access_rights.make_page,
    "audit-events.md": audit_events.make_page,
    "metrics.md": metrics.make_page,
}
#: What lies elsewhere, by its path.
FILES: dict[str, Callable[[], str]] = {
    "docs/runbooks.md": alarms.make_runbooks,
    "ops/dashboard.json": dashboard.make_dashboard,
}
