"""Rules from the file and from the rules' topic."""

from pathlib import Path

from app.kafka import consuming, ends, read_to
from app.settings import Settings
from leads import names
from leads.rules import Rules, RulesError, parse_rules


def load_rules(path: Path) -> Rules:
    """Read the file. Raises RulesError with file, line and field."""
    return parse_rules(_text(path), str(path))


def open_points(path: Path) -> list[str]:
    """The lines that `leadgate init` left to a person and nobody has settled: they stand in the way of live effects."""
    lines = enumerate(_text(path).splitlines(), 1)
    return [f"{path}, line {n}: {line.split('# TODO', 1)[1].strip()} (TODO)" for n, line in lines if "# TODO" in line]


def _text(path: Path) -> str:
    try:
        return path.read_text()
    except OSError as error:
        raise RulesError(f"{path}: can't be read ({error.strerror}); leadgate init writes a first one") from error


async def fetch_rules(settings: Settings) -> dict[str, Rules]:
    """Every version in the rules' topic, by hash."""
    async with consuming(settings) as consumer:
        found = {}
        async for record in read_to(consumer, await ends(consumer, [names.RULES.full])):
            if record.value:
                found[record.key.decode()] = Rules.model_validate_json(record.value)
        return found
