"""Rules from the file and from the rules' topic."""

from pathlib import Path

import structlog

from app.base.settings import Settings
from app.kafka.clients import producing, read_topic
from leads import topics
from leads.rule_file import parse_rules
from leads.rule_versions import RuleVersions
from leads.rules import Rules, RulesError

log = structlog.get_logger(__name__)


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


async def fetch_rules(settings: Settings) -> RuleVersions:
    """Every version in the rules' topic. Records that are not believed are logged."""
    found, signatures = RuleVersions(), settings.signatures
    async for record in read_topic(settings, topics.RULES.full):
        if record.value:
            found.take(signatures, record.key or b"", record.value, record.headers)
    for key, why in found.refused.items():
        log.error("a record of the rules is not used", topic=topics.RULES.full, key=key, why=why)
    return found


async def publish_rules(settings: Settings, rules: Rules) -> None:
    """Send this version, signed, to the rules' topic, where every worker finds it by its hash.
    Durable when it returns, and in force then."""
    number = (await fetch_rules(settings)).number + 1
    topic, key, value = topics.RULES.full, rules.hash.encode(), rules.model_dump_json().encode()
    headers = settings.signatures.headers(topic, key, value, number)
    async with producing(settings) as producer:
        await producer.send_and_wait(topic, value, key=key, headers=headers)


async def rules_in_force(settings: Settings) -> Rules:
    """The version that was published last; every worker publishes its own when it starts.

    Raises RulesError if there is none that this site has signed.
    """
    found = await fetch_rules(settings)
    if not found.in_force:
        raise RulesError(
            "no rules are in force: no worker of this release has run here yet, and leadgate"
            " provision has not either; one of them publishes and signs them"
        )
    return found.known[found.in_force]
