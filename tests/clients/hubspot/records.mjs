// Companies, deals and activities: HubSpot's pages "Companies", "Deals", "Tasks", "Notes", "Calls",
// "Email".
import assert from "node:assert/strict";

import { person } from "./people.mjs";
import { crm, merge, misfits, refused, to } from "./portal.mjs";

const { companies, deals } = crm;

export const records = {
  "companies with two domains: merged, and found by the one that lost": async () => {
    const [one, other] = ["first", "second"].map((name) => ({
      properties: { name, domain: `${name}.domains.example`, numberofemployees: "12" },
    }));
    const [a, b] = [await companies.basicApi.create(one), await companies.basicApi.create(other)];
    const merged = await merge("companies", a.id, b.id);
    const names = ["domain", "hs_additional_domains"];
    const { id, properties } = await companies.basicApi.getById(b.id, names);
    assert.equal(id, merged.id);
    assert.deepEqual(
      [properties.domain, properties.hs_additional_domains],
      ["first.domains.example", "second.domains.example"],
    );
  },
  "companies: a domain is no key of an upsert, and two may have it": async () => {
    const properties = { name: "Twin", domain: "twin.example" };
    const made = [
      await companies.basicApi.create({ properties }),
      await companies.basicApi.create({ properties }),
    ];
    assert.notEqual(made[0].id, made[1].id);
    const inputs = [{ id: "twin.example", idProperty: "domain", properties: { name: "T" } }];
    await refused(() => companies.batchApi.upsert({ inputs }), 400, { says: "non-unique" });
  },
  "companies: numbers and choices are checked": async () => {
    const properties = { name: "N", numberofemployees: "many", industry: "Kafka" };
    assert.deepEqual(await misfits(() => companies.basicApi.create({ properties })), {
      numberofemployees: "INVALID_INTEGER",
      industry: "INVALID_OPTION",
    });
    await refused(() => companies.basicApi.create({ properties: { city: "Rome" } }), 400);
  },
  "deals know by their stage whether they are closed": async () => {
    const { id } = await deals.basicApi.create({
      properties: { dealname: "Renewal", dealstage: "qualifiedtobuy", amount: "1200.50" },
    });
    const closed = async () => {
      const { properties } = await deals.basicApi.getById(id, ["hs_is_closed", "pipeline"]);
      return [properties.hs_is_closed, properties.pipeline];
    };
    assert.deepEqual(await closed(), ["false", "default"]);
    await deals.basicApi.update(id, { properties: { dealstage: "closedwon" } });
    assert.deepEqual(await closed(), ["true", "default"]);
  },
  "deals: a stage must be one of the pipeline, a date a date": async () => {
    const properties = { dealname: "D", dealstage: "nowhere" };
    const call = () => deals.basicApi.create({ properties });
    assert.deepEqual(await misfits(call), { dealstage: "INVALID_OPTION" });
    const late = { dealname: "D", closedate: "next week", amount: "a lot" };
    assert.deepEqual(await misfits(() => deals.basicApi.create({ properties: late })), {
      closedate: "INVALID_DATE",
      amount: "INVALID_INTEGER",
    });
  },
  "deals: times are taken as texts or milliseconds": async () => {
    const closedate = `${Date.UTC(2026, 11, 1)}`;
    const made = await deals.basicApi.create({ properties: { dealname: "T", closedate } });
    assert.equal(made.properties.closedate, "2026-12-01T00:00:00.000Z");
  },
  "tasks need a due time, know their choices and ignore what is unknown": async () => {
    const contact = await person();
    const properties = {
      hs_timestamp: "2026-12-01T10:00:00.000Z", hs_task_subject: "Call", hs_task_status: "WAITING",
      hs_task_priority: "HIGH", hs_task_type: "CALL", no_such_property: "1",
    };
    const made = await crm.objects.tasks.basicApi.create({
      properties, associations: [to(contact.id, 204)],
    });
    const shown = await crm.objects.tasks.basicApi.getById(
      made.id, ["hs_task_status"], undefined, ["contacts"],
    );
    assert.equal(shown.properties.hs_task_status, "WAITING");
    const [{ id, type }] = shown.associations.contacts.results;
    assert.deepEqual([id, type], [contact.id, "task_to_contact"]);
    const wrong = { ...properties, hs_task_status: "DONE" };
    const call = () => crm.objects.tasks.basicApi.create({ properties: wrong });
    assert.deepEqual(await misfits(call), { hs_task_status: "INVALID_OPTION" });
    const undue = () => crm.objects.tasks.basicApi.create({ properties: { hs_task_body: "x" } });
    await refused(undue, 400);
  },
  "tasks are completed and archived": async () => {
    const properties = { hs_timestamp: "2026-12-01T10:00:00Z", hs_task_subject: "Write" };
    const { id } = await crm.objects.tasks.basicApi.create({ properties });
    const done = { properties: { hs_task_status: "COMPLETED" } };
    const updated = await crm.objects.tasks.basicApi.update(id, done);
    assert.equal(updated.properties.hs_task_status, "COMPLETED");
    await crm.objects.tasks.basicApi.archive(id);
    const category = "OBJECT_NOT_FOUND";
    await refused(() => crm.objects.tasks.basicApi.getById(id), 404, { category });
  },
  "notes hang on a contact and a company": async () => {
    const contact = await person();
    const { id: company } = await companies.basicApi.create({ properties: { name: "Noted" } });
    const made = await crm.objects.notes.basicApi.create({
      properties: { hs_timestamp: "2026-11-01T10:00:00Z", hs_note_body: "Likes Kafka" },
      associations: [to(contact.id, 202), to(company, 190)],
    });
    const shown = await crm.objects.notes.basicApi.getById(
      made.id, ["hs_note_body"], undefined, ["contact", "company"],
    );
    assert.equal(shown.associations.contacts.results[0].id, contact.id);
    assert.equal(shown.associations.companies.results[0].id, company);
  },
  "calls and emails are logged in batches": async () => {
    const at = "2026-11-01T10:00:00Z";
    const called = await crm.objects.calls.batchApi.create({
      inputs: [{
        properties: {
          hs_timestamp: at, hs_call_status: "COMPLETED", hs_call_direction: "OUTBOUND",
          hs_call_duration: "60000",
        },
        associations: [],
      }],
    });
    assert.equal(called.results[0].properties.hs_call_status, "COMPLETED");
    const properties = { hs_timestamp: at, hs_email_direction: "EMAIL", hs_email_status: "SENT" };
    const mailed = await crm.objects.emails.basicApi.create({ properties });
    assert.equal(mailed.properties.hs_email_status, "SENT");
    const wrong = { ...properties, hs_email_direction: "OUT" };
    const call = () => crm.objects.emails.basicApi.create({ properties: wrong });
    assert.deepEqual(await misfits(call), { hs_email_direction: "INVALID_OPTION" });
  },
  "an object is named by its type's singular or id as well": async () => {
    const { id } = await person();
    for (const kind of ["contact", "0-1", "Contacts"]) {
      assert.equal((await crm.objects.basicApi.getById(kind, id)).id, id);
    }
  },
};
