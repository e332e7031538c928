"""Makes what must exist before anything runs, and checks it: topics, CRM properties and lists, the
rules' version."""

from aiokafka.admin import NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import TopicAlreadyExistsError

from app.base.settings import Settings
from app.kafka.clients import administering, producing
from leads import topics
from leads.rules import Rules

_CHANGELOG = topics.Topic("", "row", "a stage -> its own state", cleanup="compact")


def wanted() -> dict[str, topics.Topic]:
    """Every topic by its full name, the state's changelog too."""
    return {**topics.BY_NAME, topics.CHANGELOG: _CHANGELOG}


async def provision_topics(settings: Settings, *, dry_run: bool = False) -> list[str]:
    """Make missing topics; answers their names (with `dry_run` it only answers).

    Existing ones are left as they are: `check_topics` judges them.
    """
    async with administering(settings) as admin:
        there = set(await admin.list_topics())
        new = [
            NewTopic(
                name, topic.partitions, settings.kafka_replication, topic_configs=topic.config()
            )
            for name, topic in wanted().items()
            if name not in there
        ]
        if new and not dry_run:
            response = await admin.create_topics(new)
            for name, code, *rest in response.topic_errors:
                if code not in {0, TopicAlreadyExistsError.errno}:
                    raise RuntimeError(f"topic {name} could not be made: {rest}")
        return [topic.name for topic in new]


async def check_topics(settings: Settings) -> list[str]:
    """One line for each topic that is missing or made otherwise than Leadgate needs."""
    faults = []
    async with administering(settings) as admin:
        there = {t["topic"]: t for t in await admin.describe_topics(list(wanted()))}
        known = [name for name in wanted() if there.get(name, {}).get("error_code", 3) == 0]
        configs = await _configs(admin, known)
        for name, topic in wanted().items():
            if name not in known:
                faults.append(f"topic {name} is missing; run leadgate provision")
                continue
            count = len(there[name]["partitions"])
            if count != topic.partitions:
                faults.append(miscounted(name, count, topic.partitions))
            policy = configs[name].get("cleanup.policy")
            if policy != topic.cleanup:
                faults.append(
                    f"topic {name} is cleaned by {policy}, not {topic.cleanup}; set cleanup.policy"
                )
    return faults


def miscounted(name: str, count: int, wanted: int) -> str:
    """What is said of a topic with another number of partitions."""
    return (
        f"topic {name} has {count} partitions, not {wanted}; a count can't change: make the site"
        " anew"
    )


async def _configs(admin: object, topics: list[str]) -> dict[str, dict[str, str]]:
    resources = [ConfigResource(ConfigResourceType.TOPIC, name) for name in topics]
    found: dict[str, dict[str, str]] = {}
    for response in await admin.describe_configs(resources):  # type: ignore[attr-defined]
        for resource in response.resources:
            found[resource[3]] = {entry[0]: entry[1] for entry in resource[4]}
    return found


async def publish_rules(settings: Settings, rules: Rules) -> None:
    """Put this version into the rules' topic, where every worker finds it by its hash."""
    async with producing(settings) as producer:
        await producer.send_and_wait(
            topics.RULES.full, rules.model_dump_json().encode(), key=rules.hash.encode()
        )
