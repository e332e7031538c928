// Associations of version 3 and 4, and their labels: HubSpot's pages "Associations" of both versions
// and "Associations schema".
import assert from "node:assert/strict";

import { crm, merge, refused } from "./portal.mjs";
import { person } from "./people.mjs";

const { v4 } = crm.associations;
const between = ["contacts", "companies"];

const company = async () =>
  (await crm.companies.basicApi.create({ properties: { name: "Linked" } })).id;
const pair = async () => [(await person()).id, await company()];
const typesOf = (row) => row.associationTypes.map((one) => one.typeId);
const spec = (associationTypeId, associationCategory = "HUBSPOT_DEFINED") => ({
  associationCategory, associationTypeId,
});

async function linked(contact) {
  const { results } = await v4.basicApi.getPage("contacts", contact, "companies");
  return results;
}

export const associations = {
  "v4 default association joins both ways without a label": async () => {
    const [contact, firm] = await pair();
    const made = await v4.basicApi.createDefault("contacts", contact, "companies", firm);
    assert.deepEqual(made.results.map((one) => one.associationSpec.associationTypeId), [279, 280]);
    assert.deepEqual(typesOf((await linked(contact))[0]), [279]);
    const back = await v4.basicApi.getPage("companies", firm, "contacts");
    assert.equal(String(back.results[0].toObjectId), contact);
  },
  "v4 create replaces the labels of a pair": async () => {
    const [contact, firm] = await pair();
    const primary = await v4.basicApi.create("contacts", contact, "companies", firm, [spec(1)]);
    assert.deepEqual(primary.labels, ["Primary"]);
    assert.deepEqual(typesOf((await linked(contact))[0]), [279, 1]);
    const plain = await v4.basicApi.create("contacts", contact, "companies", firm, [spec(279)]);
    assert.deepEqual(plain.labels, []);
  },
  "v4: a contact has one primary company, which the contact shows": async () => {
    const [contact, first] = await pair();
    const second = await company();
    for (const firm of [first, second]) {
      await v4.basicApi.create("contacts", contact, "companies", firm, [spec(1)]);
    }
    const primary = (await linked(contact)).filter((row) => typesOf(row).includes(1));
    assert.deepEqual(primary.map((row) => String(row.toObjectId)), [second]);
    const shown = await crm.contacts.basicApi.getById(contact, ["associatedcompanyid"]);
    assert.equal(shown.properties.associatedcompanyid, second);
  },
  "v4 archive takes the association away": async () => {
    const [contact, firm] = await pair();
    await v4.basicApi.createDefault("contacts", contact, "companies", firm);
    await v4.basicApi.archive("contacts", contact, "companies", firm);
    assert.deepEqual(await linked(contact), []);
  },
  "v4 pages of associations": async () => {
    const contact = (await person()).id;
    for (let number = 0; number < 3; number += 1) {
      await v4.basicApi.createDefault("contacts", contact, "companies", await company());
    }
    const first = await v4.basicApi.getPage("contacts", contact, "companies", undefined, 2);
    const { after } = first.paging.next;
    const second = await v4.basicApi.getPage("contacts", contact, "companies", after, 2);
    assert.equal(first.results.length + second.results.length, 3);
    assert.equal(second.paging, undefined);
  },
  "v4 batch create, read and archive; one without associations is an error": async () => {
    const [contact, firm] = await pair();
    const alone = (await person()).id;
    const made = await v4.batchApi.create(...between, {
      inputs: [{ _from: { id: contact }, to: { id: firm }, types: [spec(279), spec(1)] }],
    });
    assert.deepEqual(made.results[0].labels, ["Primary"]);
    const inputs = [{ id: contact }, { id: alone }];
    const read = await v4.batchApi.getPage(...between, { inputs });
    assert.deepEqual(read.results.map((row) => row._from.id), [contact]);
    assert.equal(read.errors[0].subCategory, "crm.associations.NO_ASSOCIATIONS_FOUND");
    assert.deepEqual(read.errors[0].context.fromObjectId, [alone]);
    await v4.batchApi.archive(...between, {
      inputs: [{ _from: { id: contact }, to: [{ id: firm }] }],
    });
    assert.deepEqual(await linked(contact), []);
  },
  "v4 batch create names objects that aren't there": async () => {
    const contact = (await person()).id;
    const done = await v4.batchApi.create(...between, {
      inputs: [{ _from: { id: contact }, to: { id: "404404" }, types: [spec(279)] }],
    });
    assert.equal(done.numErrors, 1);
    assert.equal(done.errors[0].subCategory, "crm.associations.INVALID_OBJECT_IDS");
  },
  "v4 batch default": async () => {
    const [contact, firm] = await pair();
    const inputs = [{ _from: { id: contact }, to: { id: firm } }];
    const made = await v4.batchApi.createDefault(...between, { inputs });
    assert.equal(made.status, "COMPLETE");
    assert.equal((await linked(contact)).length, 1);
  },
  "v4: a type of another direction is refused": async () => {
    const [contact, firm] = await pair();
    const call = () => v4.basicApi.create("contacts", contact, "companies", firm, [spec(280)]);
    await refused(call, 400);
  },
  "v4 labels: made, used, renamed, archived and removed": async () => {
    const { definitionsApi } = v4.schema;
    const made = await definitionsApi.create(...between, {
      name: "champion", label: "Champion", inverseLabel: "Champion of",
    });
    const [there, back] = made.results;
    assert.deepEqual([there.label, back.label], ["Champion", "Champion of"]);
    const again = () => definitionsApi.create(...between, { name: "champion", label: "Champion" });
    await refused(again, 409, { category: "CONFLICT" });
    const [contact, firm] = await pair();
    const own = [spec(there.typeId, "USER_DEFINED")];
    const labelled = await v4.basicApi.create("contacts", contact, "companies", firm, own);
    assert.deepEqual(labelled.labels, ["Champion"]);
    const renamed = { associationTypeId: there.typeId, label: "Sponsor" };
    await definitionsApi.update(...between, renamed);
    const { results } = await definitionsApi.getAll(...between);
    const known = Object.fromEntries(results.map((one) => [one.typeId, one.label]));
    assert.deepEqual([known[279], known[1], known[there.typeId]], [null, "Primary", "Sponsor"]);
    await v4.batchApi.archiveLabels(...between, {
      inputs: [{ _from: { id: contact }, to: { id: firm }, types: own }],
    });
    assert.deepEqual(typesOf((await linked(contact))[0]), [279]);
    await definitionsApi.remove(...between, there.typeId);
    const left = await definitionsApi.getAll(...between);
    assert.ok(!left.results.some((one) => one.typeId === there.typeId));
  },
  "v3 associations name their types by texts": async () => {
    const [contact, firm] = await pair();
    const input = { _from: { id: contact }, to: { id: firm }, type: "contact_to_company" };
    const { batchApi, schema } = crm.associations;
    await batchApi.create(...between, { inputs: [input] });
    const read = await batchApi.read(...between, { inputs: [{ id: contact }] });
    assert.deepEqual(read.results[0].to.map((one) => one.type), [
      "contact_to_company_unlabeled", "contact_to_company",
    ]);
    const { results } = await schema.typesApi.getAll(...between);
    assert.ok(results.some((one) => one.id === "279"));
    const all = { ...input, type: "contact_to_company_unlabeled" };
    await batchApi.archive(...between, { inputs: [all] });
    assert.deepEqual(await linked(contact), []);
  },
  "associations go with an object into a merge": async () => {
    const [contact, firm] = await pair();
    const other = (await person()).id;
    await v4.basicApi.create("contacts", contact, "companies", firm, [spec(1)]);
    const merged = await merge("contacts", other, contact);
    const [row] = await linked(merged.id);
    assert.deepEqual([String(row.toObjectId), typesOf(row)], [firm, [279, 1]]);
  },
};
