// Contacts: HubSpot's page of that name, and "Merge records".
import assert from "node:assert/strict";

import { ask, crm, merge, misfits, refused } from "./portal.mjs";

const { contacts } = crm;
const ids = {};

/** A contact made for one call, with an address of its own. */
export async function person(properties = {}) {
  const email = `${crypto.randomUUID()}@people.example`;
  return contacts.basicApi.create({ properties: { email, ...properties } });
}

const read = (id, ...names) => contacts.basicApi.getById(id, names);

export const people = {
  "contacts create answers the properties that were sent": async () => {
    const made = await contacts.basicApi.create({
      properties: { email: "Ada@Nodes.example", firstname: "Ada", numemployees: "5-25" },
    });
    ids.ada = made.id;
    assert.equal(made.properties.email, "ada@nodes.example");
    assert.equal(made.properties.hs_object_id, made.id);
    assert.ok(made.createdAt instanceof Date);
    assert.equal(made.archived, false);
  },
  "contacts get shows null for what is unset and leaves out what is undefined": async () => {
    const { properties } = await read(ids.ada, "firstname", "phone", "no_such_property");
    assert.equal(properties.firstname, "Ada");
    assert.equal(properties.phone, null);
    assert.ok(!("no_such_property" in properties));
  },
  "contacts get by email": async () => {
    const found = await contacts.basicApi.getById(
      "ADA@nodes.example", ["email"], undefined, undefined, false, "email",
    );
    assert.equal(found.id, ids.ada);
  },
  "contacts update, and an empty text clears a property": async () => {
    await contacts.basicApi.update(ids.ada, { properties: { phone: "+44 20", city: "London" } });
    await contacts.basicApi.update(ids.ada, { properties: { phone: "" } });
    const { properties } = await read(ids.ada, "phone", "city");
    assert.deepEqual([properties.phone, properties.city], [null, "London"]);
  },
  "contacts history of a property, the newest first": async () => {
    const shown = await contacts.basicApi.getById(ids.ada, undefined, ["phone"]);
    assert.deepEqual(shown.propertiesWithHistory.phone.map((v) => v.value), ["", "+44 20"]);
    assert.ok(shown.propertiesWithHistory.phone[0].timestamp instanceof Date);
  },
  "contacts with one address: 409 names the other": async () => {
    const again = () => contacts.basicApi.create({ properties: { email: "ADA@nodes.example" } });
    await refused(again, 409, { category: "CONFLICT", says: `Existing ID: ${ids.ada}` });
  },
  "contacts: a further address finds the contact, and is nobody else's": async () => {
    const given = { hs_additional_emails: "ada@second.example;ada@third.example" };
    await contacts.basicApi.update(ids.ada, { properties: given });
    const found = await contacts.batchApi.read({
      idProperty: "email",
      inputs: [{ id: "ada@third.example" }],
      properties: ["email", "hs_additional_emails"],
      propertiesWithHistory: [],
    });
    assert.deepEqual(found.results.map((one) => one.id), [ids.ada]);
    const other = () => contacts.basicApi.create({ properties: { email: "ada@second.example" } });
    await refused(other, 409, { category: "CONFLICT", says: ids.ada });
  },
  "contacts: the lifecycle stage goes forward only, unless it was cleared": async () => {
    const stage = async (lifecyclestage) => {
      await contacts.basicApi.update(ids.ada, { properties: { lifecyclestage } });
      return (await read(ids.ada, "lifecyclestage")).properties.lifecyclestage;
    };
    assert.equal(await stage("customer"), "customer");
    assert.equal(await stage("lead"), "customer");
    assert.equal(await stage(""), null);
    assert.equal(await stage("lead"), "lead");
  },
  "contacts need an address or a name": async () => {
    await refused(() => contacts.basicApi.create({ properties: { city: "Rome" } }), 400);
  },
  "contacts: every property that doesn't fit is named with its code": async () => {
    const properties = {
      email: "no address",
      no_such_property: "1",
      createdate: "2026-01-01",
      lifecyclestage: "Lead",
      hubspot_owner_id: "77777",
    };
    assert.deepEqual(await misfits(() => contacts.basicApi.create({ properties })), {
      email: "INVALID_EMAIL",
      no_such_property: "PROPERTY_DOESNT_EXIST",
      createdate: "READ_ONLY_VALUE",
      lifecyclestage: "INVALID_OPTION",
      hubspot_owner_id: "INVALID_OPTION",
    });
  },
  "contacts: a text of more than 65,536 characters is refused": async () => {
    const jobtitle = "x".repeat(65_537);
    const call = () => contacts.basicApi.update(ids.ada, { properties: { jobtitle } });
    assert.deepEqual(await misfits(call), { jobtitle: "PROPERTY_VALUE_TOO_LONG" });
  },
  "contacts pages follow one another, and getAll reads them all": async () => {
    for (let number = 0; number < 12; number += 1) await person();
    const first = await contacts.basicApi.getPage(2);
    const second = await contacts.basicApi.getPage(2, first.paging.next.after);
    assert.equal(new Set([...first.results, ...second.results].map((one) => one.id)).size, 4);
    const all = await contacts.getAll(10);
    assert.ok(all.length > 10);
    assert.equal(new Set(all.map((one) => one.id)).size, all.length);
  },
  "contacts batch create, update, read and archive": async () => {
    const people = ["one", "two", "three"].map((name) => ({
      properties: { email: `${name}@batch.example` },
      associations: [],
    }));
    const made = await contacts.batchApi.create({ inputs: people });
    assert.equal(made.status, "COMPLETE");
    const inputs = made.results.map(({ id }) => ({ id, properties: { city: "Oslo" } }));
    const updated = await contacts.batchApi.update({ inputs });
    assert.ok(updated.results.every((one) => one.properties.city === "Oslo"));
    await contacts.batchApi.archive({ inputs: inputs.slice(0, 1).map(({ id }) => ({ id })) });
    const left = await contacts.batchApi.read({
      inputs: inputs.map(({ id }) => ({ id })), properties: ["city"], propertiesWithHistory: [],
    });
    assert.equal(left.results.length, 2);
    assert.equal(left.errors[0].category, "OBJECT_NOT_FOUND");
    assert.deepEqual(left.errors[0].context.ids, [inputs[0].id]);
  },
  "contacts batch upsert says what is new": async () => {
    const input = (id) => ({ id, idProperty: "email", properties: { firstname: "Bo" } });
    const done = await contacts.batchApi.upsert({
      inputs: [input("one-more@batch.example"), input("ada@nodes.example")],
    });
    const isNew = Object.fromEntries(done.results.map((one) => [one.properties.email, one._new]));
    assert.deepEqual(isNew, { "one-more@batch.example": true, "ada@nodes.example": false });
  },
  "contacts batch create: without trace ids one conflict refuses all, with them it is a row's": async () => {
    const input = (email, trace) => ({
      properties: { email }, associations: [], ...(trace && { objectWriteTraceId: trace }),
    });
    const plain = [input("fresh@traces.example"), input("ada@nodes.example")];
    await refused(() => contacts.batchApi.create({ inputs: plain }), 409, { category: "CONFLICT" });
    const traced = [input("fresh@traces.example", "t1"), input("ada@nodes.example", "t2")];
    const done = await contacts.batchApi.create({ inputs: traced });
    assert.equal(done.results.length, 1);
    assert.deepEqual(done.errors[0].context.objectWriteTraceId, ["t2"]);
    assert.equal(done.numErrors, 1);
  },
  "contacts: a hundred inputs a batch, each id once": async () => {
    const inputs = Array.from({ length: 101 }, (_, place) => ({ id: `${place}`, properties: {} }));
    await refused(() => contacts.batchApi.update({ inputs }), 400);
    const twice = [inputs[0], inputs[0]];
    await refused(() => contacts.batchApi.update({ inputs: twice }), 400);
  },
  "contacts merge: both ids answer as the new one": async () => {
    const [kept, lost] = [await person({ city: "Bonn" }), await person({ phone: "1", city: "Ulm" })];
    const merged = await merge("contacts", kept.id, lost.id);
    for (const id of [kept.id, lost.id]) {
      const { properties, ...shown } = await read(
        id, "email", "city", "phone", "hs_additional_emails", "hs_merged_object_ids",
      );
      assert.equal(shown.id, merged.id);
      assert.deepEqual([properties.city, properties.phone], ["Bonn", "1"]);
      assert.equal(properties.email, kept.properties.email);
      assert.equal(properties.hs_additional_emails, lost.properties.email);
      assert.equal(properties.hs_merged_object_ids, `${kept.id};${lost.id}`);
    }
    await refused(() => merge("contacts", merged.id, lost.id), 400);
  },
  "contacts archive: 404 by id, but shown as archived": async () => {
    const gone = await person();
    await contacts.basicApi.archive(gone.id);
    await contacts.basicApi.archive(gone.id);
    const category = "OBJECT_NOT_FOUND";
    await refused(() => contacts.basicApi.getById(gone.id), 404, { category });
    const shown = await contacts.basicApi.getById(gone.id, [], undefined, undefined, true);
    assert.equal(shown.archived, true);
    assert.ok(shown.archivedAt instanceof Date);
    const bin = await contacts.getAll(100, undefined, [], [], [], true);
    assert.ok(bin.some((one) => one.id === gone.id));
  },
  "contacts deleted for privacy are in no bin": async () => {
    const gone = await person();
    await ask("POST", "/crm/v3/objects/contacts/gdpr-delete", { objectId: gone.id });
    const bin = await contacts.getAll(100, undefined, [], [], [], true);
    assert.ok(!bin.some((one) => one.id === gone.id));
  },
};
