"""Plays what happens after the week was worked through: bounces, replies, opt-outs, calls, owners,
new jobs."""

import time

from sandbox.apollo import stamp
from sandbox.generate import DEMO_LIST
from sandbox.simulator import CrmSimulator
from sandbox.store import Store, Thing


class ScenarioPlayer:
    """Each kind of event as a method that changes the vendors' state, as the vendor itself
    would."""

    def __init__(self, store: Store, crm: CrmSimulator) -> None:
        self.store, self.crm = store, crm

    def play(self, event: Thing) -> None:
        """Let one event happen."""
        contact = self.store.get("apollo.contacts", event.get("contact", ""))
        getattr(self, event["kind"])(event, contact or {})

    def bounce(self, event: Thing, contact: Thing) -> None:
        """Apollo's message bounced, or the CRM's."""
        if event["by"] == "apollo":
            self._message(contact, bounce=True)
        else:
            self.crm.bounce(contact["email"])

    def unsubscribe(self, event: Thing, contact: Thing) -> None:
        """By the link in an Apollo mail, or in one of the CRM's."""
        if event["by"] == "apollo":
            self._message(contact, unsubscribed=True)
        else:
            self.crm.opt_out(contact["email"])

    def reply(self, event: Thing, contact: Thing) -> None:
        """An answer to an Apollo mail, or to one of the CRM's."""
        if event["by"] == "apollo":
            self._message(contact, replied=True, reply_class="follow_up_question")
        else:
            self.crm.reply(contact["email"])

    def intent(self, event: Thing, contact: Thing) -> None:
        """Put on the demo list in Apollo."""
        del event
        label = next(
            i for i, item in self.store.all("apollo.labels").items() if item["name"] == DEMO_LIST
        )
        self._change(contact, label_ids=[*contact["label_ids"], label])

    def new_address(self, event: Thing, contact: Thing) -> None:
        """The same person at the same company under a new address."""
        del event
        self._change(contact, email="new." + contact["email"])

    def new_employer(self, event: Thing, contact: Thing) -> None:
        """The same Apollo contact at another company."""
        del event
        domain = f"moved-{contact['email'].split('@')[1]}"
        organization = {
            **contact["organization"],
            "primary_domain": domain,
            "name": "Elsewhere Ltd",
            "website_url": f"http://{domain}",
        }
        self._change(
            contact,
            email=contact["email"].split("@")[0] + "@" + domain,
            organization=organization,
            organization_name="Elsewhere Ltd",
        )

    def activity(self, event: Thing, contact: Thing) -> None:
        """The owner's call."""
        del event
        self.crm.call(contact["email"])

    def deleted(self, event: Thing, contact: Thing) -> None:
        """Somebody deletes the contact in the CRM."""
        del event
        self.crm.delete(contact["email"])

    def owner_back(self, event: Thing, contact: Thing) -> None:
        """A deactivated user is active again."""
        del contact
        self.crm.activate(event["owner"])

    def owner_set(self, event: Thing, contact: Thing) -> None:
        """A person gives the contact an owner by hand."""
        flags = dict(self.store.get("control", "ownerless") or {})
        flags.pop(contact["email"], None)
        self.store.put("control", "ownerless", flags)
        self.crm.own(contact["email"], event["owner"])

    def sequence_ends(self, event: Thing, contact: Thing) -> None:
        """Apollo's sequence is through."""
        del event
        done = [
            {
                **s,
                "status": "finished",
                "inactive_reason": "Completed last step",
                "finished_at": stamp(time.time()),
            }
            for s in contact["contact_campaign_statuses"]
        ]
        self._change(contact, contact_campaign_statuses=done)

    def sequence_starts(self, event: Thing, contact: Thing) -> None:
        """A rep puts the contact into an Apollo sequence."""
        del event
        status = {
            "id": "s" * 24,
            "emailer_campaign_id": "c" * 24,
            "status": "active",
            "inactive_reason": None,
            "failure_reason": None,
            "added_at": stamp(time.time()),
        }
        self._change(
            contact, contact_campaign_statuses=[*contact["contact_campaign_statuses"], status]
        )

    def owner_gone(self, event: Thing, contact: Thing) -> None:
        """Somebody clears the contact's owner, and a workflow keeps it so."""
        del event
        self.store.put(
            "control",
            "ownerless",
            {**(self.store.get("control", "ownerless") or {}), contact["email"]: True},
        )
        self.crm.own(contact["email"], "")

    def import_(self, event: Thing, contact: Thing) -> None:
        """The duplicate import is a file that the control endpoint hands out: nothing happens at
        the vendors."""

    def _change(self, contact: Thing, **fields: object) -> None:
        contact.update(fields, updated_at=stamp(time.time()))
        self.store.put("apollo.contacts", contact["id"], contact)

    def _message(self, contact: Thing, **flags: object) -> None:
        ident = f"{len(self.store.all('apollo.messages')):024x}"
        now = stamp(time.time())
        message = {
            "id": ident,
            "status": "completed",
            "contact_id": contact["id"],
            "account_id": None,
            "emailer_campaign_id": "a" * 24,
            "to_email": contact["email"],
            "completed_at": now,
            "due_at": now,
            "created_at": now,
            "bounce": None,
            "spam_blocked": None,
            "replied": None,
            "reply_class": None,
            **flags,
        }
        self.store.put("apollo.messages", ident, message)


setattr(ScenarioPlayer, "import", ScenarioPlayer.import_)
