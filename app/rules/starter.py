"""`leadgate init`: first rules, with comments, from the data of the CRM and Apollo.

While the file has a TODO, no effect is live.
"""

import re
from importlib.resources import files
from pathlib import Path

from app.base.vendors import VendorClients
from connectors.core.crm import CrmRequirements
from connectors.core.private_files import write_private

_HEAD = """\
# Leadgate's rules, first draft. Decide the lines that say TODO, and remove the word; until then
# nothing is written to the CRM.
# The CRM's users:
{owners}
# Apollo's lists (capture.lists takes names; without it every list is captured):
{lists}
# Missing in the CRM:
{missing}
"""
_LINES = {
    r"effects:.*": "effects: shadow  # live, once doctor finds no fault and shadow runs look right",
    r"  escalate_to:.*": "  escalate_to: {first}  # TODO the sales lead",
    r"  owner:.*": "  owner: {first}  # TODO the owner of nurtured leads",
    r"ops_channel:.*": "ops_channel: '#leadgate-ops'  # TODO the operators' Slack channel",
    r"(  - \{{name: .*), owner: .*": "\\1, owner: {first}}}  # TODO the rep",
    r"teams:.*": "teams: {{}}  # {{west: [rep@...]}}: the outcomes of clocks are counted by team",
    r"  seconds:.*": "  seconds: 7200",
    r"  untaken_seconds:.*": "  untaken_seconds: 1800",
    r"recheck_seconds:.*": "recheck_seconds: 900",
}


async def write_starter_rules(vendors: VendorClients, path: Path) -> None:
    """Write the file: the shipped rules, with this site's first user as owner, rep and recipient of
    escalations."""
    owners = [owner.email for owner in await vendors.crm.owners() if owner.active]
    first = next(iter(owners), "nobody@example.com")
    shipped = (files("app.rules") / "demo-rules.yaml").read_text(encoding="utf-8").split("\n", 1)[1]
    lines = [_adapt(line, first) for line in shipped.splitlines()]
    head = _HEAD.format(
        owners=_listed(owners),
        lists=_listed(await vendors.apollo.lists()),
        missing=_listed(await vendors.crm.check(CrmRequirements())),
    )
    write_private(path, head + "\n".join(lines) + "\n")


def _adapt(line: str, first: str) -> str:
    """A line of the shipped rules, with this site's value where it needs one."""
    for pattern, text in _LINES.items():
        if found := re.fullmatch(pattern.format(), line):
            return found.expand(text.format(first=first))
    return line


def _listed(names: list[str]) -> str:
    """The names as comment lines."""
    return "\n".join(f"#   {name}" for name in names) or "#   (none)"
