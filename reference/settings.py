"""docs/reference/settings.md: the environment variables."""

from collections import defaultdict

from pydantic import SecretStr
from pydantic.fields import FieldInfo

from app.base.settings import PREFIX, Settings
from reference.markdown import code, page, sentence, table
from reference.wording import default_of, type_of_field

_SYSTEMS = {
    "apollo": "Apollo",
    "hubspot": "HubSpot",
    "salesforce": "Salesforce",
    "zoho": "Zoho",
    "slack": "Slack",
    "google": "Google Sheets",
    "kafka": "Kafka",
}
_OWN = "Leadgate itself"
_HEAD = """\
Every setting is an environment variable. A variable that begins with `LEADGATE_` and is not on
this page stops the program, as does a value of another type; the message names the variable and
shows no value.

A **secret** is a key, a token or a password: take it from your secret store. Log lines show `***`
in its place if it is six characters or longer."""


def make_page() -> str:
    """The page's text."""
    groups: dict[str, list[list[str]]] = defaultdict(list)
    for name, field in Settings.model_fields.items():
        groups[_SYSTEMS.get(name.split("_")[0], _OWN)].append(_row(name, field))
    columns = ("variable", "type", "default", "meaning")
    parts = [
        f"## {system}\n\n{table(columns, groups[system])}" for system in (_OWN, *_SYSTEMS.values())
    ]
    sources = "`app/base/settings.py` and `app/base/vendor_settings.py`"
    return page("Settings", sources, _HEAD, *parts)


def _row(name: str, field: FieldInfo) -> list[str]:
    kind = "**secret**" if field.annotation is SecretStr else type_of_field(field)
    variable = str(field.validation_alias or PREFIX + name.upper())
    return [code(variable), kind, default_of(field.default), sentence(field.description or "")]
