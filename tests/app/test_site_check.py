"""A site is known by its secret, and its state by what it begins with."""

import asyncio
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from app.base.settings import Settings, SettingsError
from app.kafka.clients import administering, producing
from app.privacy.hash_key import SiteKeys
from app.setup.provision import provision_topics
from app.setup.site_check import check_site, require_secret, settle_site
from app.setup.site_mark import ROW, Mark, SiteState, judge_hash_key, judge_state, make_mark
from leads import topics
from leads.records import encode

MARKED = (ROW, b"{}")
OTHER = (b"attempt.intake\x00x", b"{}")


@given(st.text(min_size=1), st.text(min_size=1))
def test_only_the_secret_that_made_the_mark_fits_it(secret: str, other: str) -> None:
    mark = make_mark(secret, stated=True)
    assert judge_hash_key(mark, secret) == []
    assert bool(judge_hash_key(mark, other)) is (other != secret)
    assert len(secret) < 8 or secret not in encode(mark).decode()


def test_two_sites_of_one_secret_have_two_marks() -> None:
    one, other = make_mark("s", stated=True), make_mark("s", stated=True)
    assert one.id != other.id
    assert one.check != other.check


STORE = "5f1c0a7be2d94836"
STATED, ADOPTED = make_mark("s", stated=True), make_mark("s", stated=False)


@pytest.mark.parametrize(
    ("mark", "first", "audited", "fits"),
    [
        (STATED, [MARKED, MARKED], True, True),
        (STATED, [MARKED, None], True, False),
        (STATED, [MARKED, OTHER], True, False),
        (STATED, [None, None], True, False),
        (STATED, [OTHER, OTHER], False, True),
        (STATED, [None, None], False, True),
        (ADOPTED, [OTHER, None], True, True),
        (ADOPTED, [None, None], True, False),
        (None, [None, None], True, False),
        (None, [OTHER, None], True, True),
    ],
)
def test_state_and_audit_belong_together(
    mark: Mark | None, first: list[tuple[bytes, bytes] | None], audited: bool, fits: bool
) -> None:
    assert (judge_state(SiteState(mark, dict(enumerate(first)), audited)) == []) is fits


async def remake(settings: Settings, *topics: str) -> None:
    """Delete topics, and have them made again."""
    async with administering(settings) as admin:
        there = set(await admin.list_topics())
        await admin.delete_topics([topic for topic in topics if topic in there])
        while set(topics) & set(await admin.list_topics()):
            await asyncio.sleep(0.05)
    await provision_topics(settings)


@pytest.mark.kafka
def test_a_site_is_marked_once_and_refuses_another_secret_and_a_state_created_again(
    kafka: str, address: str
) -> None:
    async def check() -> None:
        own, other = (
            Settings.model_construct(
                kafka_bootstrap_servers=kafka,
                site_secret=SecretStr(secret),
                database_url=SecretStr(address),
            )
            for secret in ("own 7c34f2865e1d09ab", "other 21b94fa7c0ffee8d")
        )
        mine, theirs = (SiteKeys(STORE, one.site_secret.get_secret_value()) for one in (own, other))
        await remake(own, topics.CHANGELOG, topics.AUDIT.full, topics.CURSORS.full)
        await require_secret(other)
        assert await settle_site(own, mine) == []
        assert await settle_site(own, mine) == []
        await require_secret(own)
        for refused in (await settle_site(other, theirs), await check_site(other, theirs)):
            assert len(refused) == 1
            assert "LEADGATE_SITE_SECRET" in refused[0]
            assert "\n" not in refused[0]
        with pytest.raises(SettingsError, match="LEADGATE_SITE_SECRET"):
            await require_secret(other)
        async with producing(own) as producer:
            await producer.send_and_wait(topics.AUDIT.full, b"{}", key=b"x", partition=0)
            await producer.send_and_wait(topics.CHANGELOG, b"{}", key=b"row\x00x", partition=0)
        assert await check_site(own, mine) == []
        await remake(own, topics.CURSORS.full)
        assert "SECRET" in (await settle_site(other, theirs))[0], "the state's own mark is left"
        assert await settle_site(own, mine) == []
        await remake(own, topics.CHANGELOG)
        [line] = await check_site(own, mine)
        assert topics.CHANGELOG in line
        async with producing(own) as producer:
            await producer.send_and_wait(topics.CHANGELOG, b"{}", key=b"row\x00x", partition=0)
        assert await settle_site(own, mine) == [line]
        await remake(own, topics.AUDIT.full, topics.CHANGELOG)
        assert await settle_site(own, mine) == []
        elsewhere = replace(mine, key_store="another")
        for refused in (await settle_site(own, elsewhere), await check_site(own, elsewhere)):
            assert len(refused) == 1
            assert "LEADGATE_DATABASE_URL" in refused[0]
        await remake(own, topics.CHANGELOG, topics.AUDIT.full, topics.CURSORS.full)

    asyncio.run(check())
