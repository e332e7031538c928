"""`leadgate init`: first rules, commented, from what the CRM and Apollo hold. Its TODOs keep effects in shadow."""

from importlib.resources import files
from pathlib import Path

from leadgate.app.outside import Vendors

_HEAD = """\
# Leadgate's rules, first draft. Lines with TODO need your word; effects stay in shadow until you set them to live.
# The CRM's users:
{owners}
"""


async def write_rules(vendors: Vendors, path: Path) -> None:
    """Write the file: the shipped tables, with this site's owners in the places that need one."""
    owners = [o for o in await vendors.crm.owners() if o.active]
    listed = "\n".join(f"#   {o.email}" for o in owners) or "#   (none)"
    first = owners[0].email if owners else "nobody@example.com"
    text = (files("leadgate.app") / "demo-rules.yaml").read_text().split("\n", 1)[1]
    lines = []
    for line in text.splitlines():
        new = line
        if "owner:" in line and "@" in line:
            new = (
                line[: line.index("owner:")]
                + f"owner: {first}"
                + ("}" if line.rstrip().endswith("}") else "")
                + "  # TODO whose?"
            )
        elif "escalate_to:" in line:
            new = f"  escalate_to: {first}  # TODO the sales lead"
        elif line.startswith("effects:"):
            new = "effects: shadow         # TODO live, once doctor finds no fault and a shadow run looks right"
        elif line.startswith("  seconds:"):
            new = "  seconds: 7200"
        elif line.startswith("  untaken_seconds:"):
            new = "  untaken_seconds: 1800"
        elif line.startswith("recheck_seconds:"):
            new = "recheck_seconds: 900"
        lines.append(new)
    path.write_text(_HEAD.format(owners=listed) + "\n".join(lines) + "\n")
