// What an account is set up with: HubSpot's pages "Owners", "Properties", "Pipelines", "Lists" and
// "Custom objects".
import assert from "node:assert/strict";

import { ask, crm, misfits, refused } from "./portal.mjs";
import { person } from "./people.mjs";

const { coreApi, groupsApi, batchApi } = crm.properties;
const { pipelinesApi, pipelineStagesApi } = crm.pipelines;
const { listsApi, membershipsApi } = crm.lists;
const NONE = { category: "OBJECT_NOT_FOUND" };
const number = { type: "number", fieldType: "number", groupName: "nodes" };

const manual = (name) =>
  listsApi.create({ name, objectTypeId: "0-1", processingType: "MANUAL" });
const stage = (label, probability, displayOrder) => ({
  label, displayOrder, metadata: { probability },
});

const owners = {
  "owners: all, by address, by id and by user": async () => {
    const { results } = await crm.owners.ownersApi.getPage(undefined, undefined, 100);
    assert.ok(results.length > 1);
    const [{ email, id, userId }] = results;
    const named = await crm.owners.ownersApi.getPage(email);
    assert.deepEqual(named.results.map((one) => one.id), [id]);
    assert.equal((await crm.owners.ownersApi.getById(id)).email, email);
    assert.equal((await crm.owners.ownersApi.getById(userId, "userId")).id, id);
    await refused(() => crm.owners.ownersApi.getById(404404), 404, NONE);
  },
  "owners: pages, and those who have left": async () => {
    const first = await crm.owners.ownersApi.getPage(undefined, undefined, 1);
    const second = await crm.owners.ownersApi.getPage(undefined, first.paging.next.after, 1);
    assert.notEqual(first.results[0].id, second.results[0].id);
    const gone = await crm.owners.ownersApi.getPage(undefined, undefined, 100, true);
    assert.ok(gone.results.length > 0);
    assert.ok(gone.results.every((one) => one.archived));
  },
  "owners are written by id, and a user's id is refused": async () => {
    const { results } = await crm.owners.ownersApi.getPage();
    const { id } = await person({ hubspot_owner_id: results[0].id });
    const properties = { hubspot_owner_id: `${results[0].userId}` };
    const call = () => crm.contacts.basicApi.update(id, { properties });
    assert.deepEqual(await misfits(call), { hubspot_owner_id: "INVALID_OPTION" });
  },
};

const properties = {
  "property groups: made, read, renamed; a name once": async () => {
    const made = await groupsApi.create("contacts", { name: "nodes", label: "Nodes" });
    assert.deepEqual([made.name, made.archived], ["nodes", false]);
    const again = () => groupsApi.create("contacts", { name: "nodes", label: "Nodes" });
    await refused(again, 409, { category: "CONFLICT" });
    await groupsApi.update("contacts", "nodes", { label: "Of nodes" });
    assert.equal((await groupsApi.getByName("contacts", "nodes")).label, "Of nodes");
    const { results } = await groupsApi.getAll("contacts");
    assert.ok(results.some((one) => one.name === "contactinformation"));
  },
  "properties: made, read, changed": async () => {
    const made = await coreApi.create("contacts", { name: "node_score", label: "Score", ...number });
    assert.deepEqual([made.hubspotDefined, made.hasUniqueValue], [false, false]);
    assert.equal(made.modificationMetadata.readOnlyValue, false);
    await coreApi.update("contacts", "node_score", { label: "Node score" });
    const shown = await coreApi.getByName("contacts", "node_score");
    assert.deepEqual([shown.label, shown.type], ["Node score", "number"]);
  },
  "properties: a name that is taken, HubSpot's own included, is a 409": async () => {
    for (const name of ["node_score", "email"]) {
      const call = () => coreApi.create("contacts", { name, label: "Again", ...number });
      await refused(call, 409, { category: "CONFLICT" });
    }
  },
  "properties: names, groups, field types and options are checked": async () => {
    const good = { name: "node_checked", label: "Checked", ...number };
    const wrong = [
      { name: "Node Checked" }, { groupName: "nobodys" }, { fieldType: "text" }, { label: undefined },
      { type: "enumeration", fieldType: "select" },
    ];
    for (const part of wrong) {
      await refused(() => coreApi.create("contacts", { ...good, ...part }), 400);
    }
  },
  "properties: HubSpot's own are described and can't be changed": async () => {
    const { results } = await coreApi.getAll("contacts");
    const by = Object.fromEntries(results.map((one) => [one.name, one]));
    assert.equal(by.lifecyclestage.options.length, 8);
    assert.equal(by.createdate.modificationMetadata.readOnlyValue, true);
    await refused(() => coreApi.update("contacts", "email", { label: "Mail" }), 400);
    await refused(() => coreApi.archive("contacts", "email"), 400);
  },
  "properties: an archived one takes no values": async () => {
    await coreApi.create("contacts", { name: "node_gone", label: "Gone", ...number });
    await coreApi.archive("contacts", "node_gone");
    await refused(() => coreApi.getByName("contacts", "node_gone"), 404, NONE);
    assert.equal((await coreApi.getByName("contacts", "node_gone", true)).archived, true);
    const call = () => person({ node_gone: "1" });
    assert.deepEqual(await misfits(call), { node_gone: "PROPERTY_DOESNT_EXIST" });
  },
  "properties in batches": async () => {
    const names = ["node_a", "node_b"].map((name) => ({ name }));
    const made = await batchApi.create("contacts", {
      inputs: names.map(({ name }) => ({ name, label: name, ...number })),
    });
    assert.equal(made.results.length, 2);
    const read = await batchApi.read("contacts", {
      archived: false, inputs: [...names, { name: "node_none" }],
    });
    assert.deepEqual([read.results.length, read.numErrors], [2, 1]);
    await batchApi.archive("contacts", { inputs: names });
    await refused(() => coreApi.getByName("contacts", "node_a"), 404, NONE);
  },
  "unique properties: found by, upserted by, refused twice": async () => {
    const unique = { hasUniqueValue: true, type: "string", fieldType: "text", groupName: "nodes" };
    await coreApi.create("contacts", { name: "node_key", label: "Key", ...unique });
    const { id } = await person({ node_key: "k-1" });
    const found = await crm.contacts.basicApi.getById(
      "k-1", ["node_key"], undefined, undefined, false, "node_key",
    );
    assert.equal(found.id, id);
    assert.deepEqual(await misfits(() => person({ node_key: "k-1" })), {
      node_key: "CONFLICTING_UNIQUE_VALUE",
    });
    const input = { id: "k-1", idProperty: "node_key", properties: { city: "Rome" } };
    const done = await crm.contacts.batchApi.upsert({ inputs: [input] });
    assert.deepEqual(done.results.map((one) => [one.id, one._new]), [[id, false]]);
  },
  "dates are days or their midnight": async () => {
    const day = { type: "date", fieldType: "date", groupName: "nodes" };
    await coreApi.create("contacts", { name: "node_day", label: "Day", ...day });
    const made = await person({ node_day: `${Date.UTC(2026, 11, 1)}` });
    assert.equal(made.properties.node_day, "2026-12-01");
    for (const node_day of ["2026-02-30", "1.12.2026", `${Date.UTC(2026, 11, 1, 9)}`]) {
      assert.deepEqual(await misfits(() => person({ node_day })), { node_day: "INVALID_DATE" });
    }
  },
  "several choices are separated by semicolons": async () => {
    const options = ["a", "b"].map((value) => ({ value, label: value, hidden: false }));
    const boxes = { type: "enumeration", fieldType: "checkbox", groupName: "nodes", options };
    await coreApi.create("contacts", { name: "node_boxes", label: "Boxes", ...boxes });
    assert.equal((await person({ node_boxes: "a;b" })).properties.node_boxes, "a;b");
    assert.deepEqual(await misfits(() => person({ node_boxes: "a;c" })), {
      node_boxes: "INVALID_OPTION",
    });
  },
};

const pipelines = {
  "pipelines: the default one and its stages": async () => {
    const { results } = await pipelinesApi.getAll("deals");
    assert.equal(results[0].id, "default");
    const shown = await pipelineStagesApi.getById("deals", "default", "closedwon");
    assert.deepEqual([shown.metadata.isClosed, shown.label], ["true", "Closed won"]);
    await refused(() => pipelinesApi.getById("deals", "none"), 404, NONE);
  },
  "pipelines: made, given a stage, used by a deal, archived": async () => {
    const stages = [stage("New", "0.1", 0), stage("Won", "1.0", 1)];
    const made = await pipelinesApi.create("deals", { label: "Renewals", displayOrder: 1, stages });
    const added = await pipelineStagesApi.create("deals", made.id, stage("Lost", "0.0", 2));
    const all = await pipelineStagesApi.getAll("deals", made.id);
    assert.deepEqual(all.results.map((one) => one.label), ["New", "Won", "Lost"]);
    await pipelineStagesApi.update("deals", made.id, added.id, { label: "Gone" });
    const placed = { dealname: "R", pipeline: made.id, dealstage: made.stages[0].id };
    const deal = await crm.deals.basicApi.create({ properties: placed });
    await refused(() => pipelinesApi.archive("deals", made.id), 400);
    await crm.deals.basicApi.archive(deal.id);
    const bare = () => pipelineStagesApi.create("deals", made.id, { label: "x", displayOrder: 9 });
    await refused(bare, 400);
  },
};

const lists = {
  "lists: made, found by id, by name and by search": async () => {
    const { list } = await manual("Nodes");
    assert.equal((await listsApi.getById(list.listId)).list.name, "Nodes");
    assert.equal((await listsApi.getByName("Nodes", "0-1")).list.listId, list.listId);
    const found = await listsApi.doSearch({ query: "nodes", processingTypes: ["MANUAL"] });
    assert.ok(found.lists.some((one) => one.listId === list.listId));
    assert.equal((await listsApi.getAll([list.listId])).lists.length, 1);
    await refused(() => manual("Nodes"), 400);
  },
  "lists: members enter and leave, and those who aren't there are named": async () => {
    const { list } = await manual("Members");
    const [a, b] = [(await person()).id, (await person()).id];
    const added = await membershipsApi.add(list.listId, [a, b, "404404"]);
    assert.deepEqual([added.recordsIdsAdded, added.recordIdsMissing], [[a, b], ["404404"]]);
    assert.deepEqual((await membershipsApi.add(list.listId, [a])).recordsIdsAdded, []);
    const first = await membershipsApi.getPage(list.listId, undefined, undefined, 1);
    assert.equal(first.results[0].recordId, a);
    const second = await membershipsApi.getPage(list.listId, first.paging.next.after);
    assert.equal(second.results[0].recordId, b);
    const of = await membershipsApi.getLists("0-1", a);
    assert.deepEqual(of.results.map((one) => one.listId), [list.listId]);
    const removed = await membershipsApi.remove(list.listId, [a]);
    assert.deepEqual(removed.recordIdsRemoved, [a]);
    const changes = { recordIdsToAdd: [a], recordIdsToRemove: [b] };
    const swapped = await membershipsApi.addAndRemove(list.listId, changes);
    assert.deepEqual([swapped.recordsIdsAdded, swapped.recordIdsRemoved], [[a], [b]]);
    await membershipsApi.removeAll(list.listId);
    assert.deepEqual((await membershipsApi.getPage(list.listId)).results, []);
  },
  "lists: renamed, deleted and restored": async () => {
    const { list } = await manual("Old name");
    const renamed = await listsApi.updateName(list.listId, "New name");
    assert.equal(renamed.updatedList.name, "New name");
    await listsApi.remove(list.listId);
    await refused(() => listsApi.getById(list.listId), 404, NONE);
    await listsApi.restore(list.listId);
    assert.equal((await listsApi.getById(list.listId)).list.name, "New name");
  },
  "lists that are dynamic take no members by hand": async () => {
    const filterBranch = { filterBranchType: "OR", filterBranches: [], filters: [] };
    const about = { name: "Dynamic", objectTypeId: "0-1", processingType: "DYNAMIC", filterBranch };
    const { list } = await ask("POST", "/crm/v3/lists", about);
    await refused(() => membershipsApi.add(list.listId, ["1"]), 400);
    await refused(() => ask("POST", "/crm/v3/lists", { name: "Half" }), 400);
  },
};

const schemas = {
  "schemas: of HubSpot's own types, and none of the account's": async () => {
    const shown = await crm.schemas.coreApi.getById("contacts");
    assert.equal(shown.objectTypeId, "0-1");
    assert.ok(shown.properties.some((one) => one.name === "email"));
    assert.ok(shown.associations.some((one) => one.toObjectTypeId === "0-2"));
    assert.deepEqual((await crm.schemas.coreApi.getAll()).results, []);
  },
};

export const account = { ...owners, ...properties, ...pipelines, ...lists, ...schemas };
