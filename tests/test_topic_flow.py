"""The `flow` of each topic names the stages that write it and read it, as the code has them."""

import re
from collections import defaultdict

import pytest

from app.kafka.access_rights import Program, users_of
from leads import topics
from leads.keys import Keys
from leads.topics import Topic
from streams.stages.all import make_stages
from tests.topics_in_source import written_by_gates

STAGES = make_stages(Keys("k"))
NAMES = frozenset(stage.name for stage in STAGES)
LEAD_STAGES = frozenset(stage.name for stage in STAGES if topics.REVIEW_DECISIONS in stage.inputs)
#: Written by the stage runner for whatever a stage decides, not by a gate. Decisions are sent again
#: that met a lead which could not take them up.
BY_RUNNER = frozenset(
    {topics.REVIEW_QUEUE, topics.ALERTS, topics.AUDIT, topics.DEAD, topics.REVIEW_DECISIONS}
)


def named(side: str) -> set[str]:
    """The stages that one side of a flow names; programs and people are left out."""
    found: set[str] = set()
    for name in re.sub(r" \([^)]*\)", "", side).split(", "):
        if name == "stages":
            found |= NAMES
        elif name == "lead stages":
            found |= LEAD_STAGES
        elif name in NAMES:
            found.add(name)
    return found


def readers() -> dict[Topic, set[str]]:
    """The stages that read each topic."""
    found: dict[Topic, set[str]] = defaultdict(set)
    for stage in STAGES:
        for topic in stage.inputs:
            found[topic].add(stage.name)
    return found


@pytest.mark.parametrize(
    "topic", [t for t in topics.TOPICS if t in BY_RUNNER], ids=lambda topic: topic.name
)
def test_a_worker_may_write_what_its_runner_sends(topic: Topic) -> None:
    assert Program.WORKER in users_of(topic)[0]


def test_seven_stages_pass_leads_on() -> None:
    assert len(LEAD_STAGES) == len(topics.LEAD_TOPICS)


@pytest.mark.parametrize("topic", topics.TOPICS, ids=lambda topic: topic.name)
def test_what_stages_read_is_deleted_by_them_alone(topic: Topic) -> None:
    assert topic.read_by_stages is bool(readers()[topic])


@pytest.mark.parametrize("topic", topics.TOPICS, ids=lambda topic: topic.name)
def test_a_flow_names_the_stages_that_read_the_topic(topic: Topic) -> None:
    assert named(topic.flow.split(" -> ")[1]) == readers()[topic]


@pytest.mark.parametrize(
    "topic", [t for t in topics.TOPICS if t not in BY_RUNNER], ids=lambda topic: topic.name
)
def test_a_flow_names_the_stages_that_write_the_topic(topic: Topic) -> None:
    assert named(topic.flow.split(" -> ")[0]) == written_by_gates()[topic]
