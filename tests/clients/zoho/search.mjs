// Search by criteria, address, phone number and word.
import assert from "node:assert/strict";

import * as Zoho from "@zohocrm/nodejs-sdk-8.0";

import { newLead } from "./records.mjs";
import { params, refusalOf, rowsOf } from "./sdk.mjs";

const { RecordOperations, SearchRecordsParam } = Zoho.Record;
const FOUND = { Last_Name: "Hopper", Company: "Initech (Ltd)", Email: "grace@initech.example", Phone: "212 555 0100" };

async function found(...given) {
  return new RecordOperations("Leads").searchRecords(await params(given));
}

async function names(...given) {
  return rowsOf(await found(...given)).map((row) => row.getKeyValue("Last_Name"));
}

export const search = {
  "by address, whatever its case": async () => {
    await newLead(FOUND);
    assert.deepEqual(await names([SearchRecordsParam.EMAIL, "Grace@Initech.example"]), ["Hopper"]);
  },
  "by phone number": async () => {
    assert.deepEqual(await names([SearchRecordsParam.PHONE, "212 555 0100"]), ["Hopper"]);
  },
  "by word": async () => {
    assert.deepEqual(await names([SearchRecordsParam.WORD, "hopp"]), ["Hopper"]);
  },
  "by criteria": async () => {
    assert.deepEqual(await names([SearchRecordsParam.CRITERIA, "(Last_Name:equals:Hopper)"]), ["Hopper"]);
  },
  "by criteria that are joined": async () => {
    const both = "((Last_Name:starts_with:Hop)and(Company:equals:Initech \\(Ltd\\)))";
    assert.deepEqual(await names([SearchRecordsParam.CRITERIA, both]), ["Hopper"]);
  },
  "nothing found is 204": async () => {
    assert.equal((await found([SearchRecordsParam.EMAIL, "no@body.example"])).getStatusCode(), 204);
  },
  "criteria that are none are INVALID_QUERY": async () => {
    assert.equal(refusalOf(await found([SearchRecordsParam.CRITERIA, "(Last_Name:like:x)"]), 400), "INVALID_QUERY");
  },
  "no parameter is REQUIRED_PARAM_MISSING": async () => {
    assert.equal(refusalOf(await new RecordOperations("Leads").searchRecords(), 400), "REQUIRED_PARAM_MISSING");
  },
};
