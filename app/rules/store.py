"""Rules from the file and from the rules' topic."""

from pathlib import Path

from app.base.settings import Settings
from app.kafka.clients import consuming, ends, read_to
from leads import topics
from leads.rules import Rules, RulesError, parse_rules


def load_rules(path: Path) -> Rules:
    """Read the file. Raises RulesError with file, line and field."""
    return parse_rules(_text(path), str(path))


def unresolved_todos(path: Path) -> list[str]:
    """The lines that `leadgate init` left to a person and nobody has settled: they stand in the way
    of live effects."""
    lines = enumerate(_text(path).splitlines(), 1)
    return [
        f"{path}, line {n}: {line.split('# TODO', 1)[1].strip()} (TODO)"
        for n, line in lines
        if "# TODO" in line
    ]


def _text(path: Path) -> str:
    try:
        return path.read_text()
    except OSError as error:
        raise RulesError(
            f"{path}: can't be read ({error.strerror}); leadgate init writes a first one"
        ) from error


def effects_are_live(settings: Settings, rules: Rules) -> bool:
    """Whether a process with these settings acts on the outside; otherwise it says what it would
    do."""
    return (rules.effects if settings.effects == "rules" else settings.effects) == "live"


async def fetch_rules(settings: Settings) -> dict[str, Rules]:
    """Every version in the rules' topic, by hash, the one that was published last at the end."""
    async with consuming(settings) as consumer:
        found: dict[str, Rules] = {}
        async for record in read_to(consumer, await ends(consumer, [topics.RULES.full])):
            if record.value:
                found.pop(record.key.decode(), None)
                found[record.key.decode()] = Rules.model_validate_json(record.value)
        return found


async def rules_in_force(settings: Settings) -> Rules:
    """The version that was published last: every worker does so when it starts.

    Raises RulesError if there is none.
    """
    found = await fetch_rules(settings)
    if not found:
        raise RulesError(
            "no rules are in force: no worker has run here yet, and leadgate provision has not"
            " either"
        )
    return next(reversed(found.values()))
