"""Whose a value on a contact is, on every CRM: what we wrote may be replaced while it still stands,
what the CRM has of its own never is."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from connectors.core.crm import ContactWrite, Crm, UpsertResult
from tests.contract.vendors import Test, write

OURS, THEIRS, BETTER = "VP Sales", "Head of Sales", "CRO"


async def upserted(crm: Crm, one: ContactWrite) -> UpsertResult:
    """The result of one write, which must be made."""
    [row] = await crm.upsert([one])
    assert isinstance(row, UpsertResult), row
    return row


async def first_write(crm: Crm, **fields: Any) -> tuple[str, dict[str, Any]]:
    """A contact that we have made, and what we wrote on it."""
    made = await upserted(crm, write(1, title=OURS, **fields))
    assert made.change is not None
    return made.contact.id, made.change.wrote


def named(wrote: Mapping[str, Any], value: str) -> str:
    """The CRM's name of the property that has a value."""
    return next(name for name, found in wrote.items() if found == value)


async def shown(crm: Crm, contact: str, *names: str) -> list[Any]:
    """What the CRM has under these names."""
    [held] = await crm.read([contact], names)
    assert held is not None
    return [held[name] for name in names]


def better(contact: str, wrote: Mapping[str, Any], **fields: Any) -> ContactWrite:
    """A further write of the contact, with another title."""
    given = {"known_id": contact, "ours": wrote, "ours_on": contact, "title": BETTER}
    return write(1, **(given | fields))


def test_what_still_is_as_we_wrote_it_is_replaced_and_told(on: Callable[[Test], None]) -> None:
    async def test(crm: Crm) -> None:
        contact, wrote = await first_write(crm)
        title = named(wrote, OURS)
        done = await upserted(crm, better(contact, wrote, phone="+12125550100"))
        assert done.change is not None
        phone = named(done.change.wrote, "+12125550100")
        assert await shown(crm, contact, title, phone) == [BETTER, "+12125550100"]
        assert (done.change.wrote[title], done.change.before[title]) == (BETTER, OURS)
        assert not done.change.before[phone]
        assert done.dropped == ()
        back = {title: OURS, phone: None}
        await crm.restore(contact, back)
        [as_before, no_phone] = await shown(crm, contact, title, phone)
        assert (as_before, no_phone or None) == (OURS, None)

    on(test)


def test_what_somebody_has_changed_since_stays(on: Callable[[Test], None]) -> None:
    async def test(crm: Crm) -> None:
        contact, wrote = await first_write(crm)
        title = named(wrote, OURS)
        await crm.restore(contact, {title: THEIRS})
        done = await upserted(crm, better(contact, wrote))
        assert await shown(crm, contact, title) == [THEIRS]
        assert done.change is not None
        assert title not in done.change.wrote
        assert done.dropped == (f"{title}: the CRM's own value stays",)

    on(test)


@pytest.mark.parametrize("ours_on", ["", "of another contact"])
def test_of_another_contact_nothing_is_ours(on: Callable[[Test], None], ours_on: str) -> None:
    async def test(crm: Crm) -> None:
        contact, wrote = await first_write(crm)
        title = named(wrote, OURS)
        done = await upserted(crm, better(contact, wrote, ours_on=ours_on))
        assert await shown(crm, contact, title) == [OURS]
        assert done.change is not None
        assert title not in done.change.wrote

    on(test)


def test_a_place_and_a_blank_replace_nothing(on: Callable[[Test], None]) -> None:
    """Parts of two records' places would be no place."""

    async def test(crm: Crm) -> None:
        contact, wrote = await first_write(crm, city="Graz", country="Austria", country_code="AT")
        title, city = named(wrote, OURS), named(wrote, "Graz")
        again = better(contact, wrote, title="", city="Berlin", country="Germany")
        await upserted(crm, again)
        assert await shown(crm, contact, title, city) == [OURS, "Graz"]

    on(test)


def test_the_addresses_of_a_known_contact_can_be_left(on: Callable[[Test], None]) -> None:
    async def test(crm: Crm) -> None:
        contact, wrote = await first_write(crm)
        other = better(contact, wrote, emails=("new@acme1.com",), keeps_emails=True)
        await upserted(crm, other)
        held = await upserted(crm, write(1))
        assert (held.contact.id, held.contact.email) == (contact, "p1@acme1.com")
        assert "new@acme1.com" not in held.contact.emails
        title = named(wrote, OURS)
        assert await shown(crm, contact, title) == [BETTER]

    on(test)
