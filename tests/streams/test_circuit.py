"""When a vendor fails, once is told and little is tried."""

from streams.circuit import LONGEST, Circuit


def test_calls_that_fail_together_are_one_failure() -> None:
    circuit = Circuit()
    assert [circuit.open(100.0, 0.5) for _ in range(20)] == [True, *[False] * 19]
    assert circuit.closed_in(100.0) == 1.0


def test_failed_probes_double_the_wait_up_to_a_minute() -> None:
    circuit, now, waits = Circuit(), 0.0, []
    for _ in range(9):
        circuit.open(now, 0.0)
        waits.append(circuit.closed_in(now))
        now += waits[-1]
    assert waits == [1, 2, 4, 8, 16, 32, LONGEST, LONGEST, LONGEST]


def test_a_vendor_that_names_its_time_is_left_alone_until_then() -> None:
    circuit = Circuit()
    circuit.open(0.0, 90.0)
    assert circuit.closed_in(0.0) == 90.0


def test_after_an_answer_the_next_failure_is_a_new_outage() -> None:
    circuit = Circuit()
    circuit.open(0.0, 0.0)
    circuit.close()
    assert circuit.open(50.0, 0.0)
    assert circuit.closed_in(50.0) == 1.0
