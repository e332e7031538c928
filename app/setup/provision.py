"""Creates and checks the topics, which must exist before anything runs."""

from typing import Any

from aiokafka.admin import NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import (
    TopicAlreadyExistsError,
    TopicAuthorizationFailedError,
    for_code,
)

from app.base.settings import Settings
from app.kafka.clients import administering
from leads import topics

_CHANGELOG = topics.Topic("", "row", "a stage -> its own state", cleanup="compact")


def wanted() -> dict[str, topics.Topic]:
    """Every topic by its full name, the state's changelog included."""
    return {**topics.BY_NAME, topics.CHANGELOG: _CHANGELOG}


async def provision_topics(settings: Settings, *, dry_run: bool = False) -> list[str]:
    """Create the missing topics; returns their names. With `dry_run` nothing is created.

    Existing topics are not changed; `check_topics` checks them. Raises the broker's KafkaError when
    it refuses a topic.
    """
    async with administering(settings) as admin:
        there = set(await admin.list_topics())
        new = []
        for name, topic in wanted().items():
            if name not in there:
                new.append(
                    NewTopic(
                        name,
                        topic.partitions,
                        settings.kafka_replication,
                        topic_configs=topic.config(),
                    )
                )
        if new and not dry_run:
            response = await admin.create_topics(new)
            for name, code, *_ in response.topic_errors:
                if code != TopicAlreadyExistsError.errno:
                    _refuse(code, name)
        return [topic.name for topic in new]


async def check_topics(settings: Settings) -> list[str]:
    """A sentence for each topic that is missing or not configured as Leadgate needs it.

    Raises TopicAuthorizationFailedError for a topic that this user may not describe.
    """
    faults = []
    async with administering(settings) as admin:
        there: dict[str, Any] = {}  # descriptions of the topics that exist
        for found in await admin.describe_topics(list(wanted())):
            if found["error_code"] == TopicAuthorizationFailedError.errno:
                _refuse(found["error_code"], found["topic"])
            if found["error_code"] == 0:
                there[found["topic"]] = found
        configs = await _configs(admin, list(there))
        for name, topic in wanted().items():
            if name not in there:
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
    """The sentence about a topic with a wrong number of partitions."""
    return (
        f"topic {name} has {count} partitions, not {wanted}; the number can't be changed: set up"
        " the site again, with empty topics"
    )


def _refuse(code: int, topic: str) -> None:
    """Raise the broker's error about a topic, if the code is one."""
    if code:
        raise for_code(code)(topic)


async def _configs(admin: object, topics: list[str]) -> dict[str, dict[str, str]]:
    """The settings of each topic. Raises the broker's KafkaError for one that it keeps back."""
    resources = [ConfigResource(ConfigResourceType.TOPIC, name) for name in topics]
    found: dict[str, dict[str, str]] = {}
    for response in await admin.describe_configs(resources):  # type: ignore[attr-defined]
        for code, _message, _type, topic, entries in response.resources:
            _refuse(code, topic)
            found[topic] = {name: value for name, value, *_ in entries}
    return found
