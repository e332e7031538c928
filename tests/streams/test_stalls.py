"""A partition is called stalled when records lie in it and nothing moves, and only then."""

from streams.consumer.stalls import Stall, Stalls


def test_a_partition_that_does_not_move_is_reported_once_an_interval() -> None:
    stalls: Stalls[str] = Stalls(after=10.0)
    assert stalls.look(0.0, {"a": (5, 8)}) == []
    assert stalls.look(9.9, {"a": (5, 9)}) == []
    assert stalls.look(10.0, {"a": (5, 9)}) == [Stall("a", 5, 9, 10.0)]
    assert stalls.look(19.9, {"a": (5, 9)}) == []
    assert stalls.look(20.0, {"a": (5, 9)}) == [Stall("a", 5, 9, 20.0)]


def test_a_partition_that_moves_or_has_nothing_unsettled_is_not() -> None:
    stalls: Stalls[str] = Stalls(after=10.0)
    for second in range(100):
        assert stalls.look(second, {"moves": (second, second + 50), "idle": (7, 7)}) == []


def test_the_time_begins_again_when_a_partition_had_caught_up_or_went_away() -> None:
    stalls: Stalls[str] = Stalls(after=10.0)
    stalls.look(0.0, {"a": (5, 8), "b": (0, 1)})
    stalls.look(9.0, {"a": (8, 8)})
    assert stalls.look(15.0, {"a": (8, 9), "b": (0, 1)}) == []
    assert stalls.look(24.9, {"a": (8, 9), "b": (0, 1)}) == []
    assert {s.partition for s in stalls.look(25.0, {"a": (8, 9), "b": (0, 1)})} == {"a", "b"}
