"""What is signed can't be changed, moved or made by somebody without the site secret."""

import hashlib
import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leads import topics
from leads.keys import Keys
from leads.orders import addressee, is_order
from leads.records import CrmRecord, ReviewDecision, Signal
from leads.signatures import HEADER, Headers, SignatureError, Signatures

SITE = Signatures("s3cret")
TOPIC, KEY, VALUE = topics.REVIEW_DECISIONS.full, b"lead", b'{"action":"approve"}'
SIGNED = SITE.headers(TOPIC, KEY, VALUE, 3)
BYTES = st.binary(max_size=40)


def refused(
    topic: str, key: bytes, value: bytes, headers: Headers, site: Signatures = SITE
) -> bool:
    """Whether a record is not believed."""
    try:
        site.number_of(topic, key, value, headers)
    except SignatureError:
        return True
    return False


@given(BYTES, BYTES, st.integers(0, 10**15 - 1), st.text(max_size=20))
def test_what_was_signed_is_believed_under_its_number(
    key: bytes, value: bytes, number: int, secret: str
) -> None:
    site = Signatures(secret)
    headers = site.headers(TOPIC, key, value, number)
    assert site.number_of(TOPIC, key, value, headers) == number
    assert Signatures(secret).headers(TOPIC, key, value, number) == headers


@given(st.text(max_size=20), st.text(max_size=20), st.text(max_size=20))
def test_while_a_secret_is_replaced_both_are_believed_and_the_first_signs(
    new: str, former: str, third: str
) -> None:
    """Each step of the runbook beside its neighbours: the former one alone, both, the new one."""
    old, informed, changed = Signatures(former), Signatures(former, new), Signatures(new, former)
    assert informed.headers(TOPIC, KEY, VALUE, 3) == old.headers(TOPIC, KEY, VALUE, 3)
    assert changed.headers(TOPIC, KEY, VALUE, 3) == Signatures(new).headers(TOPIC, KEY, VALUE, 3)
    neighbours = [(old, informed), (informed, changed), (changed, Signatures(new))]
    for one, two in [*neighbours, *((two, one) for one, two in neighbours)]:
        assert not refused(TOPIC, KEY, VALUE, one.headers(TOPIC, KEY, VALUE), two)
    headers = Signatures(third).headers(TOPIC, KEY, VALUE)
    assert refused(TOPIC, KEY, VALUE, headers, changed) is (third not in {new, former})
    headers = old.headers(TOPIC, KEY, VALUE)
    assert refused(TOPIC, KEY, VALUE, headers, Signatures(new)) is (new != former)


@given(st.data())
def test_any_other_byte_of_key_value_or_signature_is_refused(data: st.DataObject) -> None:
    parts = [KEY, VALUE, SIGNED[0][1]]
    which = data.draw(st.integers(0, 2))
    place = data.draw(st.integers(0, len(parts[which]) - 1))
    byte = data.draw(st.integers(1, 255))
    changed = bytearray(parts[which])
    changed[place] ^= byte
    parts[which] = bytes(changed)
    assert refused(TOPIC, parts[0], parts[1], [(HEADER, parts[2])])


@given(BYTES, BYTES, st.sampled_from([topic.full for topic in topics.TOPICS]), st.text())
def test_another_key_value_topic_or_secret_is_refused(
    key: bytes, value: bytes, topic: str, secret: str
) -> None:
    assert refused(topic, key, value, SIGNED) is ((topic, key, value) != (TOPIC, KEY, VALUE))
    assert refused(TOPIC, KEY, VALUE, SIGNED, Signatures(secret)) is (secret != "s3cret")


@given(BYTES, BYTES)
def test_bytes_do_not_pass_from_the_key_to_the_value(key: bytes, value: bytes) -> None:
    headers = SITE.headers(TOPIC, key + b"x", value)
    assert refused(TOPIC, key, b"x" + value, headers)


@given(st.one_of(st.binary(max_size=100), st.from_regex(rb"1\.[0-9]{1,40}\.[0-9a-f]{64}\Z")))
def test_no_other_signature_is_believed(signature: bytes) -> None:
    assert refused(TOPIC, KEY, VALUE, [(HEADER, signature)]) is (signature != SIGNED[0][1])


@pytest.mark.parametrize(
    ("headers", "why"),
    [
        ((), "no signature"),
        ([("other", SIGNED[0][1])], "no signature"),
        ([*SIGNED, *SIGNED], "not this site's"),
        ([(HEADER, b"")], "not this site's"),
        ([(HEADER, None)], "not this site's"),
        ([(HEADER, SIGNED[0][1].replace(b"1.3.", b"1.4."))], "not this site's"),
        ([(HEADER, SIGNED[0][1].replace(b"1.3.", b"1.03."))], "not this site's"),
    ],
)
def test_the_reason_says_whether_a_signature_lacks_or_is_wrong(headers: Headers, why: str) -> None:
    with pytest.raises(SignatureError, match=why):
        SITE.number_of(TOPIC, KEY, VALUE, headers)


def test_the_key_is_none_of_the_hashes_of_the_site_secret() -> None:
    """A hash of an address is cut and public; the signing key is derived the other way round."""
    purpose = b"leadgate signed orders 1"
    made = hmac.digest(b"s3cret", purpose, hashlib.sha256).hex()
    assert Keys("s3cret").contact("k", purpose.decode()).endswith(made[:24])
    key = hmac.digest(purpose, b"s3cret", hashlib.sha256)
    parts = b"".join(
        len(part).to_bytes(8, "big") + part for part in (TOPIC.encode(), KEY, VALUE, b"3")
    )
    assert SIGNED[0][1] == b"1.3." + hmac.digest(key, parts, hashlib.sha256).hex().encode()


def decision(stage: str) -> ReviewDecision:
    """A decision for a stage."""
    return ReviewDecision(
        decision_id="d", lead_id="l", stage=stage, step=1, action="x", actor="a", reason="", at=1.0
    )


def test_decisions_and_the_signals_of_people_are_orders_and_facts_are_not() -> None:
    def signal(kind: str) -> Signal:
        return Signal(signal_id="s", kind=kind, at=1.0, source="crm")

    assert is_order(topics.REVIEW_DECISIONS, decision("write"))
    for kind in ("undone", "released", "taken"):
        assert is_order(topics.SIGNALS, signal(kind))
        assert not is_order(topics.ROUTED_SIGNALS, signal(kind))
    for kind in ("bounce", "unsubscribe", "reply", "intent", "owner"):
        assert not is_order(topics.SIGNALS, signal(kind))
    assert not is_order(topics.CRM_RECORDS, CrmRecord(kind="complete", key=""))


def test_one_stage_reports_a_refused_decision() -> None:
    assert addressee(decision("write"), "routing") == "write"
    assert addressee(decision("nowhere"), "routing") == "intake"
    assert (
        addressee(Signal(signal_id="s", kind="taken", at=1.0, source="x"), "signals") == "signals"
    )
