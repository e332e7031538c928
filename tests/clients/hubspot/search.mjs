// Search: HubSpot's page "Search the CRM", and the README of the client on sorts.
import assert from "node:assert/strict";

import { crm, eventually, refused } from "./portal.mjs";

const { searchApi, batchApi } = crm.contacts;
const PEOPLE = [
  { firstname: "Abel", jobtitle: "VP Sales", lifecyclestage: "lead", hs_lead_status: "NEW" },
  { firstname: "Berta", jobtitle: "Head of sales ops", lifecyclestage: "customer" },
  { firstname: "Carl", jobtitle: "CFO", lifecyclestage: "lead", hs_lead_status: "OPEN" },
];
const MINE = { propertyName: "lastname", operator: "EQ", value: "Searched" };

const group = (...filters) => ({ filters });
const names = (answer) => answer.results.map((one) => one.properties.firstname).sort().join();

/** First names of my people who pass a filter. */
async function who(propertyName, operator, more = {}) {
  const filterGroups = [group(MINE, { propertyName, operator, ...more })];
  return names(await searchApi.doSearch({ filterGroups, properties: ["firstname"] }));
}

const request = (more) => ({ filterGroups: [group(MINE)], properties: ["firstname"], ...more });
const order = async (sorts) =>
  (await searchApi.doSearch(request({ sorts }))).results.map((one) => one.properties.firstname);

export const search = {
  "search finds what was made, a moment later": async () => {
    const inputs = PEOPLE.map((properties, place) => ({
      properties: { ...properties, lastname: "Searched", email: `s${place}@searched.example` },
      associations: [],
    }));
    await batchApi.create({ inputs });
    const found = await eventually(() => searchApi.doSearch(request()), ({ total }) => total === 3);
    assert.equal(names(found), "Abel,Berta,Carl");
  },
  "search EQ and NEQ: without regard to case, but for choices": async () => {
    assert.equal(await who("jobtitle", "EQ", { value: "vp SALES" }), "Abel");
    assert.equal(await who("lifecyclestage", "EQ", { value: "Lead" }), "");
    assert.equal(await who("lifecyclestage", "NEQ", { value: "lead" }), "Berta");
  },
  "search LT, LTE, GT, GTE and BETWEEN of times": async () => {
    const now = Date.now();
    const [hourAgo, inAnHour] = [`${now - 3.6e6}`, `${now + 3.6e6}`];
    assert.equal(await who("createdate", "GT", { value: hourAgo }), "Abel,Berta,Carl");
    assert.equal(await who("createdate", "GTE", { value: inAnHour }), "");
    assert.equal(await who("createdate", "LT", { value: hourAgo }), "");
    assert.equal(await who("createdate", "LTE", { value: inAnHour }), "Abel,Berta,Carl");
    const within = { value: hourAgo, highValue: inAnHour };
    assert.equal(await who("createdate", "BETWEEN", within), "Abel,Berta,Carl");
  },
  "search IN and NOT_IN": async () => {
    assert.equal(await who("firstname", "IN", { values: ["abel", "carl"] }), "Abel,Carl");
    assert.equal(await who("firstname", "NOT_IN", { values: ["abel"] }), "Berta,Carl");
    const capital = () => who("firstname", "IN", { values: ["Abel"] });
    await refused(capital, 400);
  },
  "search HAS_PROPERTY and NOT_HAS_PROPERTY": async () => {
    assert.equal(await who("hs_lead_status", "HAS_PROPERTY"), "Abel,Carl");
    assert.equal(await who("hs_lead_status", "NOT_HAS_PROPERTY"), "Berta");
  },
  "search CONTAINS_TOKEN and NOT_CONTAINS_TOKEN": async () => {
    assert.equal(await who("jobtitle", "CONTAINS_TOKEN", { value: "sales" }), "Abel,Berta");
    assert.equal(await who("jobtitle", "CONTAINS_TOKEN", { value: "sal*" }), "Abel,Berta");
    assert.equal(await who("jobtitle", "CONTAINS_TOKEN", { value: "sal" }), "");
    assert.equal(await who("jobtitle", "NOT_CONTAINS_TOKEN", { value: "sales" }), "Carl");
  },
  "search: groups are alternatives": async () => {
    const filterGroups = ["abel", "carl"].map((value) =>
      group(MINE, { propertyName: "firstname", operator: "EQ", value }));
    assert.equal(names(await searchApi.doSearch({ filterGroups, properties: ["firstname"] })),
      "Abel,Carl");
  },
  "search by words": async () => {
    assert.equal(names(await searchApi.doSearch({ ...request(), query: "s1@searched" })), "Berta");
  },
  "search sorts by a name, descending with a hyphen": async () => {
    assert.deepEqual(await order(["firstname"]), ["Abel", "Berta", "Carl"]);
    assert.deepEqual(await order(["-firstname"]), ["Carl", "Berta", "Abel"]);
  },
  "search sorts by an object with a direction": async () => {
    const sorts = [{ propertyName: "firstname", direction: "DESCENDING" }];
    assert.deepEqual(await order(sorts), ["Carl", "Berta", "Abel"]);
    assert.deepEqual(await order(sorts.map((sort) => JSON.stringify(sort))),
      ["Carl", "Berta", "Abel"]);
  },
  "search pages follow one another": async () => {
    const sorts = ["firstname"];
    const first = await searchApi.doSearch(request({ sorts, limit: 2 }));
    const { after } = first.paging.next;
    const second = await searchApi.doSearch(request({ sorts, limit: 2, after }));
    assert.deepEqual([names(first), names(second)], ["Abel,Berta", "Carl"]);
    assert.equal(second.paging, undefined);
  },
  "search shows two hundred a page and ten thousand in all": async () => {
    await refused(() => searchApi.doSearch(request({ limit: 201 })), 400);
    await refused(() => searchApi.doSearch(request({ limit: 100, after: "9950" })), 400);
    await searchApi.doSearch(request({ limit: 200 }));
  },
  "search takes five groups, six filters a group, eighteen filters": async () => {
    const of = (groups, each) =>
      searchApi.doSearch({ filterGroups: Array(groups).fill(group(...Array(each).fill(MINE))) });
    await of(3, 6);
    await refused(() => of(6, 1), 400);
    await refused(() => of(1, 7), 400);
    await refused(() => of(5, 4), 400);
  },
  "search refuses what is no operator, no property, no value or two sorts": async () => {
    await refused(() => who("firstname", "LIKE", { value: "a" }), 400);
    await refused(() => who("no_such_property", "EQ", { value: "a" }), 400);
    await refused(() => who("firstname", "EQ"), 400);
    const half = () => who("createdate", "BETWEEN", { value: "1" });
    await refused(half, 400, { says: "requires a highValue" });
    await refused(() => order(["firstname", "lastname"]), 400);
  },
  "search takes a body of 3,000 characters": async () => {
    const values = Array.from({ length: 400 }, (_, place) => `name${place}`);
    await refused(() => who("firstname", "IN", { values }), 400);
  },
  "search of what is associated": async () => {
    const { results } = await searchApi.doSearch(request({ limit: 1 }));
    const { id } = results[0];
    const { id: firm } = await crm.companies.basicApi.create({ properties: { name: "Found" } });
    await crm.associations.v4.basicApi.createDefault("contacts", id, "companies", firm);
    const filter = { propertyName: "associations.contact", operator: "EQ", value: id };
    const filterGroups = [group(filter)];
    const found = await eventually(
      () => crm.companies.searchApi.doSearch({ filterGroups }), ({ total }) => total > 0,
    );
    assert.deepEqual(found.results.map((one) => one.id), [firm]);
  },
  "search of deals and tasks": async () => {
    const { deals, objects } = crm;
    await deals.basicApi.create({ properties: { dealname: "Found deal", amount: "5000" } });
    const amount = { propertyName: "amount", operator: "BETWEEN", value: "900", highValue: "10000" };
    const due = { propertyName: "hs_timestamp", operator: "GTE", value: "2026-01-01" };
    const isThere = ({ total }) => total > 0;
    await eventually(() => deals.searchApi.doSearch({ filterGroups: [group(amount)] }), isThere);
    await objects.tasks.searchApi.doSearch({ filterGroups: [group(due)] });
  },
};
