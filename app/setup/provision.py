"""Creates and checks the topics, which must exist before anything runs, and sets for how long the
broker keeps their records."""

from collections.abc import Collection, Iterable
from typing import Any

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import (
    TopicAlreadyExistsError,
    TopicAuthorizationFailedError,
    for_code,
)

from app.base.settings import Settings
from app.kafka.clients import administering
from leads import topics
from leads.rule_models import Retention

_CHANGELOG = topics.Topic(
    "", "row", "a stage -> its own state", cleanup="compact", read_by_stages=False
)
#: What `provision` sets again where the broker has it otherwise.
_RETENTION_SETTINGS = ("retention.ms", "segment.ms")
_OF_THE_TOPIC = 1  # DescribeConfigs: a setting of the topic itself, not of the broker or a default
Configs = dict[str, dict[str, str]]


def wanted() -> dict[str, topics.Topic]:
    """Every topic by its full name, the state's changelog included."""
    return {**topics.BY_NAME, topics.CHANGELOG: _CHANGELOG}


async def provision_topics(
    settings: Settings, retention: Retention | None = None, *, dry_run: bool = False
) -> list[str]:
    """Create the missing topics, and have the broker keep records as `retention` says (default: as
    rules without it do). Returns what was done, or with `dry_run` what would be, a sentence each.

    Nothing else is changed of existing topics; `check_topics` checks them. Raises the broker's
    KafkaError when it refuses a topic or a setting.
    """
    kept = retention or Retention()
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
                        topic_configs=topic.config(kept.days_of(topic)),
                    )
                )
        others = await retention_differences(admin, kept, there & wanted().keys())
        if new and not dry_run:
            response = await admin.create_topics(new)
            for name, code, *_ in response.topic_errors:
                if code != TopicAlreadyExistsError.errno:
                    _refuse(code, name)
        if others and not dry_run:
            await _set_retention(admin, kept, others)
    made = [f"topic {topic.name}" for topic in new]
    for name, differences in others.items():
        made += [f"topic {name}: {one}" for one in differences]
    return made


async def retention_differences(
    admin: AIOKafkaAdminClient, retention: Retention, there: Collection[str]
) -> dict[str, list[str]]:
    """What the broker has of each existing topic's retention, and what it should have instead; only
    of topics where that differs."""
    found = await _configs(admin, sorted(there))
    differences: dict[str, list[str]] = {}
    for name, has in found.items():
        topic = wanted()[name]
        if has.get("cleanup.policy") != topic.cleanup:
            continue  # `check_topics` reports it
        config = topic.config(retention.days_of(topic))
        for setting in _RETENTION_SETTINGS:
            if (value := config.get(setting)) is not None and has.get(setting) != value:
                said = f"{setting} is {has.get(setting)}, it becomes {value}"
                differences.setdefault(name, []).append(said)
    return differences


async def _set_retention(
    admin: AIOKafkaAdminClient, retention: Retention, names: Iterable[str]
) -> None:
    """Change the topics' retention. AlterConfigs replaces all settings of a topic, so that those it
    has of its own are sent again."""
    own = await _configs(admin, sorted(names), _OF_THE_TOPIC)
    resources = []
    for name, has in own.items():
        topic = wanted()[name]
        config = topic.config(retention.days_of(topic))
        new = has | {setting: config[setting] for setting in _RETENTION_SETTINGS}
        resources.append(ConfigResource(ConfigResourceType.TOPIC, name, new))
    for response in await admin.alter_configs(resources):
        for code, _message, _type, name in response.resources:
            _refuse(code, name)


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


async def _configs(
    admin: AIOKafkaAdminClient, names: list[str], source: int | None = None
) -> Configs:
    """The settings of each topic, only those of one source if it is given. Raises the broker's
    KafkaError for a topic that it keeps back."""
    resources = [ConfigResource(ConfigResourceType.TOPIC, name) for name in names]
    found: Configs = {}
    if not resources:
        return found
    for response in await admin.describe_configs(resources):
        for code, _message, _type, topic, entries in response.resources:
            _refuse(code, topic)
            found[topic] = {}
            for name, value, _read_only, of, *_ in entries:
                if source in {None, of}:
                    found[topic][name] = value
    return found
