"""When a vendor fails little is tried, and one call alone finds out whether it is well."""

from hypothesis import given
from hypothesis import strategies as st

from streams.effects.circuit import LONGEST, PROBE_LIMIT, PROBE_WAIT, STEADY, Circuit, State


class Clock:
    """A clock that is set."""

    def __init__(self) -> None:
        self.at = 100.0

    def now(self) -> float:
        return self.at


def opened(clock: Clock, after: float = 0.0) -> Circuit:
    """A circuit whose first call has failed."""
    circuit = Circuit(clock.now)
    circuit.fail(circuit.admit(), after)
    return circuit


def is_state(circuit: Circuit, state: State) -> bool:
    """Whether it says so of itself."""
    return circuit.state == state


def test_calls_that_fail_together_are_one_failure() -> None:
    clock = Clock()
    circuit = Circuit(clock.now)
    tickets = [circuit.admit() for _ in range(20)]
    for ticket in tickets:
        circuit.fail(ticket, 0.5)
    assert (circuit.put_off(), circuit.state) == (1.0, "open")


def test_failed_probes_double_the_wait_up_to_a_minute() -> None:
    clock = Clock()
    circuit, waits = Circuit(clock.now), []
    for _ in range(9):
        circuit.fail(circuit.admit(), 0.0)
        waits.append(circuit.put_off())
        clock.at += waits[-1]
    assert waits == [1, 2, 4, 8, 16, 32, LONGEST, LONGEST, LONGEST]


def test_a_vendor_that_names_its_time_is_left_alone_until_then() -> None:
    clock = Clock()
    circuit = Circuit(clock.now)
    first, second = circuit.admit(), circuit.admit()
    circuit.fail(first, 0.0)
    circuit.fail(second, 90.0)
    assert circuit.put_off() == 90.0


def test_after_the_wait_one_call_goes_and_the_others_wait_for_how_it_ends() -> None:
    clock = Clock()
    circuit = opened(clock)
    clock.at += 1.0
    assert (circuit.state, circuit.put_off()) == ("half_open", 0.0)
    probe = circuit.admit()
    assert [circuit.put_off() for _ in range(3)] == [PROBE_WAIT] * 3
    circuit.succeed(probe)
    assert (circuit.state, circuit.put_off()) == ("closed", 0.0)
    circuit.fail(circuit.admit(), 0.0)
    assert circuit.put_off() == 1.0, "after an answer the waits begin again"


def test_a_probe_that_never_ends_gives_way() -> None:
    clock = Clock()
    circuit = opened(clock)
    clock.at += 1.0
    circuit.withdraw(circuit.admit())
    assert circuit.put_off() == 0.0, "cancelled: the next call is the probe at once"
    lost = circuit.admit()
    clock.at += PROBE_LIMIT
    assert circuit.put_off() == 0.0
    probe = circuit.admit()
    circuit.succeed(lost)
    assert is_state(circuit, "half_open"), "only the probe of now closes it"
    circuit.succeed(probe)
    assert is_state(circuit, "closed")


def test_calls_from_before_the_failure_neither_close_nor_open_it() -> None:
    clock = Clock()
    circuit = Circuit(clock.now)
    before, first = circuit.admit(), circuit.admit()
    circuit.fail(first, 0.0)
    circuit.succeed(before)
    assert is_state(circuit, "open")
    clock.at += 1.0
    circuit.succeed(circuit.admit())
    circuit.fail(before, 30.0)
    assert is_state(circuit, "closed")


def test_an_outage_is_over_when_the_vendor_has_been_well_for_a_while() -> None:
    clock = Clock()
    circuit = opened(clock)
    assert not circuit.is_steady
    clock.at += 1.0
    circuit.succeed(circuit.admit())
    assert not circuit.is_steady
    clock.at += STEADY
    assert circuit.is_steady


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["ask", "succeed", "fail", "withdraw", "wait"]), st.integers(0, 9)
        ),
        max_size=60,
    )
)
def test_one_probe_at_a_time_and_none_for_ever(steps: list[tuple[str, int]]) -> None:
    """Whatever comes in whatever order: while it is not closed one call is out at the most, and it
    never stays shut."""
    clock = Clock()
    circuit = opened(clock)
    out: list[int] = []
    for step, number in steps:
        if step == "wait":
            clock.at += number
        elif step == "ask" and not circuit.put_off():
            out.append(circuit.admit())
            probes = [ticket for ticket in out if circuit.is_probe(ticket)]
            assert len(probes) <= 1
        elif step in {"succeed", "withdraw"} and out:
            getattr(circuit, step)(out.pop(number % len(out)))
        elif step == "fail" and out:
            circuit.fail(out.pop(number % len(out)), 1.0)
        assert circuit.put_off() <= max(LONGEST, PROBE_WAIT)
    clock.at += PROBE_LIMIT + LONGEST
    assert circuit.put_off() == 0.0
    circuit.succeed(circuit.admit())
    assert is_state(circuit, "closed")
