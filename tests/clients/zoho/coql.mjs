// COQL as documented, and what it refuses.
import assert from "node:assert/strict";

import * as Zoho from "@zohocrm/nodejs-sdk-8.0";

import { newLead } from "./records.mjs";
import { refusalOf, rowsOf } from "./sdk.mjs";

async function asked(query) {
  const body = new Zoho.Coql.BodyWrapper();
  body.setSelectQuery(query);
  return new Zoho.Coql.CoqlOperations().getRecords(body);
}

async function refused(query) {
  return refusalOf(await asked(query), 400);
}

const listed = (number) => Array.from({ length: number }, (_, one) => `'${one}@x.example'`).join(",");
const criteria = (number) => Array.from({ length: number }, (_, one) => `City = '${one}'`);
const paired = (parts) => parts.reduce((left, right) => `(${left} or ${right})`);

export const coql = {
  "a quote is doubled": async () => {
    await newLead({ Last_Name: "D'Arcy", Company: "Pemberley", Email: "darcy@pemberley.example" });
    const [row] = rowsOf(await asked("select Last_Name, Email from Leads where Last_Name = 'D''Arcy'"));
    assert.equal(row.getKeyValue("Email"), "darcy@pemberley.example");
  },
  "keywords have no case, and three criteria stand in pairs": async () => {
    const query = "SELECT Last_Name FROM Leads WHERE ((Email is not null AND Company = 'Pemberley') and City is null) ORDER BY id DESC LIMIT 0, 5";
    assert.equal(rowsOf(await asked(query)).length, 1);
  },
  "three criteria without brackets are SYNTAX_ERROR": async () => {
    assert.equal(await refused("select id from Leads where Email is not null and City is null and Phone is null"), "SYNTAX_ERROR");
  },
  "a query without where is SYNTAX_ERROR": async () => {
    assert.equal(await refused("select Last_Name from Leads"), "SYNTAX_ERROR");
  },
  "a backslash escapes no quote": async () => {
    assert.equal(await refused("select Last_Name from Leads where Last_Name = 'D\\'Arcy'"), "SYNTAX_ERROR");
  },
  "a reserved word stands in quotes": async () => {
    assert.equal(await refused("select External from Leads where id is not null"), "SYNTAX_ERROR");
  },
  "in takes a hundred values": async () => {
    assert.equal((await asked(`select id from Leads where Email in (${listed(100)})`)).getStatusCode(), 204);
    assert.equal(await refused(`select id from Leads where Email in (${listed(101)})`), "LIMIT_EXCEEDED");
  },
  "where takes 25 criteria": async () => {
    assert.equal((await asked(`select id from Leads where ${paired(criteria(25))}`)).getStatusCode(), 204);
    assert.equal(await refused(`select id from Leads where ${paired(criteria(26))}`), "LIMIT_EXCEEDED");
  },
  "a call answers 2,000 rows, a query reaches 100,000": async () => {
    assert.equal(await refused("select id from Leads where id is not null limit 2001"), "LIMIT_EXCEEDED");
    assert.equal(await refused("select id from Leads where id is not null limit 99999, 2"), "LIMIT_EXCEEDED");
  },
  "200 rows come without a limit, and info says that there are more": async () => {
    const response = await asked("select Email from Leads where id is not null limit 3");
    assert.equal(response.getObject().getInfo().getMoreRecords(), true);
    assert.equal(response.getObject().getInfo().getCount(), 3);
  },
  "rows go on after the last id": async () => {
    const rows = rowsOf(await asked("select Email from Leads where id is not null order by id limit 2"));
    const [next] = rowsOf(await asked(`select Email from Leads where id > '${rows[1].getId()}' order by id limit 1`));
    assert.ok(next.getId() > rows[1].getId());
  },
  "a column that isn't there is INVALID_QUERY": async () => {
    assert.equal(await refused("select Testing from Leads where id is not null"), "INVALID_QUERY");
  },
  "an operator that the type hasn't got is INVALID_QUERY": async () => {
    assert.equal(await refused("select id from Leads where Last_Name >= 'a'"), "INVALID_QUERY");
    assert.equal(await refused("select id from Leads where Description = 'a'"), "INVALID_QUERY");
  },
  "a value of another type is INVALID_QUERY": async () => {
    assert.equal(await refused("select id from Leads where No_of_Employees = 'many'"), "INVALID_QUERY");
  },
  "a column twice is DUPLICATE_DATA": async () => {
    const response = await asked("select City, City from Leads where id is not null");
    assert.equal(refusalOf(response, 401), "DUPLICATE_DATA");
  },
  "two relations are joined, a third is LIMIT_EXCEEDED": async () => {
    const two = "select Account_Name.Parent_Account.Account_Name from Contacts where id is not null";
    assert.ok([200, 204].includes((await asked(two)).getStatusCode()));
    const three = "select Account_Name.Parent_Account.Account_Name, Owner.email from Contacts where id is not null";
    assert.equal(await refused(three), "LIMIT_EXCEEDED");
  },
};
