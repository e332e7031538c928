"""A partition that the group takes away while it is set back ends nothing."""

import asyncio
from collections.abc import Mapping

import pytest
from aiokafka import TopicPartition
from aiokafka.consumer.subscription_state import SubscriptionState
from aiokafka.errors import KafkaError
from faust.types import TP

from streams.consumer.seeking import seek_back

ONE, TAKEN, OTHER = (TP("leadgate.captured", number) for number in range(3))


def test_the_others_are_set_back_and_the_one_that_was_taken_is_left() -> None:
    async def run() -> list[int]:
        state = SubscriptionState()
        state.assign_from_user([TopicPartition(*ONE), TopicPartition(*OTHER)])

        async def seek(positions: Mapping[TP, int]) -> None:
            for tp, offset in positions.items():
                state.seek(TopicPartition(*tp), offset)

        await seek_back(seek, {ONE: 5, TAKEN: 6, OTHER: 7})
        held = state.subscription.assignment
        return [held.state_value(TopicPartition(*tp)).position for tp in (ONE, OTHER)]

    assert asyncio.run(run()) == [5, 7]


def test_what_else_goes_wrong_is_raised() -> None:
    async def seek(_: Mapping[TP, int]) -> None:
        raise KafkaError("no")

    with pytest.raises(KafkaError):
        asyncio.run(seek_back(seek, {ONE: 5}))
