"""Rules from the file and from the rules' topic."""

from pathlib import Path

from leadgate.app.kafka import consuming, ends, read_to
from leadgate.app.settings import Settings
from leadgate.leads import names
from leadgate.leads.rules import Rules, RulesError, parse_rules


def load_rules(path: Path) -> Rules:
    """Read the file. Raises RulesError with file, line and field."""
    try:
        text = path.read_text()
    except OSError as error:
        raise RulesError(f"{path}: can't be read ({error.strerror}); leadgate init writes a first one") from error
    if "TODO" in text.split("effects:", 1)[-1].split("\n", 1)[0]:
        raise RulesError(f"{path}: effects: still says TODO")
    return parse_rules(text, str(path))


async def fetch_rules(settings: Settings) -> dict[str, Rules]:
    """Every version in the rules' topic, by hash."""
    async with consuming(settings) as consumer:
        found = {}
        async for record in read_to(consumer, await ends(consumer, [names.RULES.full])):
            if record.value:
                found[record.key.decode()] = Rules.model_validate_json(record.value)
        return found
