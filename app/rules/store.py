"""Rules from the file and from the rules' topic."""

from pathlib import Path

from app.base.settings import Settings
from app.kafka.clients import read_topic
from leads import topics
from leads.rule_file import parse_rules
from leads.rules import Rules, RulesError


def load_rules(path: Path) -> Rules:
    """Read the file. Raises RulesError with file, line and field."""
    return parse_rules(_text(path), str(path))


def unresolved_todos(path: Path) -> list[str]:
    """The lines that still have a TODO of `leadgate init`. They prevent live effects."""
    found = []
    for number, line in enumerate(_text(path).splitlines(), 1):
        _, todo, task = line.partition("# TODO")
        if todo:
            found.append(f"{path}, line {number}: {task.strip()} (TODO)")
    return found


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise RulesError(f"{path}:{line}: not UTF-8 ({error.reason}): save it as UTF-8") from None
    except OSError as error:
        raise RulesError(
            f"{path}: can't be read ({error.strerror}); leadgate init writes a first one"
        ) from error


def effects_are_live(settings: Settings, rules: Rules) -> bool:
    """Whether a process with these settings carries out effects; otherwise it only records what it
    would do."""
    if settings.effects == "rules":
        return rules.effects == "live"
    return settings.effects == "live"


async def fetch_rules(settings: Settings) -> dict[str, Rules]:
    """Every version in the rules' topic, by hash; the one that was published last is the last."""
    found: dict[str, Rules] = {}
    async for record in read_topic(settings, topics.RULES.full):
        if record.value:
            found.pop(record.key.decode(), None)
            found[record.key.decode()] = Rules.model_validate_json(record.value)
    return found


async def rules_in_force(settings: Settings) -> Rules:
    """The version that was published last; every worker publishes its own when it starts.

    Raises RulesError if there is none.
    """
    found = await fetch_rules(settings)
    if not found:
        raise RulesError(
            "no rules are in force: no worker has run here yet, and leadgate provision has not"
            " either"
        )
    return next(reversed(found.values()))
