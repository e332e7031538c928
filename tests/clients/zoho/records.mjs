// Records: made, changed, upserted, read by pages, deleted; and every refusal of a row.
import assert from "node:assert/strict";

import * as Zoho from "@zohocrm/nodejs-sdk-8.0";

import { asText, bodyOf, codesOf, idOf, params, refusalOf, rowsOf } from "./sdk.mjs";

const { RecordOperations, GetRecordsParam, DeleteRecordsParam, GetDeletedRecordsParam } = Zoho.Record;
const leads = () => new RecordOperations("Leads");
const person = (number, more = {}) => ({
  Last_Name: `Person ${number}`, Company: "Globex", Email: `person${number}@globex.example`, ...more,
});

/** The id of a new lead. */
export async function newLead(fields) {
  const [row] = rowsOf(await leads().createRecords(bodyOf([fields])), 201);
  return idOf(row);
}

async function refusedRow(fields, status = 400) {
  const [row] = rowsOf(await leads().createRecords(bodyOf([fields])), status);
  return [row.getCode().getValue(), row.getDetails()];
}

export const records = {
  "a lead is made and read with its fields": async () => {
    const id = await newLead(person(1, { Phone: "+49 30 1", Description: "It's \"new\"" }));
    const [lead] = rowsOf(await leads().getRecord(id));
    assert.equal(lead.getId(), id);
    assert.equal(lead.getKeyValue("Phone"), "+49 30 1");
    assert.equal(lead.getKeyValue("Owner").getEmail(), "integration@acme.test");
    assert.ok(lead.getCreatedTime() instanceof Date);
  },
  "a record that isn't there is 204": async () => {
    assert.equal((await leads().getRecord(1n)).getStatusCode(), 204);
  },
  "a lead is changed": async () => {
    const id = await newLead(person(2));
    const [row] = rowsOf(await leads().updateRecord(id, bodyOf([{ City: "Berlin" }])));
    assert.equal(idOf(row), id);
    assert.equal(rowsOf(await leads().getRecord(id))[0].getKeyValue("City"), "Berlin");
  },
  "several leads are changed, and an unknown id costs its row alone: 207": async () => {
    const id = await newLead(person(3));
    const rows = rowsOf(await leads().updateRecords(bodyOf([{ id, City: "Bonn" }, { id: 5n, City: "Bonn" }])), 207);
    assert.deepEqual(codesOf(rows), ["SUCCESS", "INVALID_DATA"]);
  },
  "an upsert inserts, then updates by the field that it names": async () => {
    for (const action of ["insert", "update"]) {
      const [row] = rowsOf(await leads().upsertRecords(bodyOf([person(4)], ["Email"])));
      assert.equal(row.getAction().getValue(), action);
      assert.equal(row.getDuplicateField() ?? null, action === "insert" ? null : "Email");
    }
  },
  "an upsert by a unique field of the org's own": async () => {
    const first = rowsOf(await leads().upsertRecords(bodyOf([person(5, { Partner_number: "P-5" })], ["Partner_number"])));
    const again = rowsOf(await leads().upsertRecords(bodyOf([person(6, { Partner_number: "p-5" })], ["Partner_number"])));
    assert.equal(idOf(first[0]), idOf(again[0]));
  },
  "an upsert by a field that isn't unique is INVALID_DATA": async () => {
    assert.equal(refusalOf(await leads().upsertRecords(bodyOf([person(7)], ["City"])), 400), "INVALID_DATA");
  },
  "a second value of a unique field is DUPLICATE_DATA and names the record": async () => {
    const id = await newLead(person(8, { Partner_number: "P-8" }));
    const [code, details] = await refusedRow(person(9, { Partner_number: "P-8" }));
    assert.equal(code, "DUPLICATE_DATA");
    assert.equal(details.get("api_name"), "Partner_number");
    assert.equal(`${details.get("id")}`, `${id}`);
    assert.match(asText(details.get("duplicate_record")), new RegExp(`${id}`));
  },
  "a missing mandatory field is MANDATORY_NOT_FOUND": async () => {
    const [code, details] = await refusedRow({ Last_Name: "Nobody" });
    assert.deepEqual([code, details.get("api_name")], ["MANDATORY_NOT_FOUND", "Company"]);
  },
  "too long a text is INVALID_DATA with the length": async () => {
    const [code, details] = await refusedRow(person(10, { Designation: "x".repeat(101) }));
    assert.deepEqual([code, Number(details.get("maximum_length"))], ["INVALID_DATA", 100]);
  },
  "an address that is none is INVALID_DATA": async () => {
    const [code, details] = await refusedRow(person(11, { Email: "nonsense@" }));
    assert.deepEqual([code, details.get("expected_data_type")], ["INVALID_DATA", "email"]);
  },
  "some rows refused is 207, in the order of the rows": async () => {
    const rows = rowsOf(await leads().createRecords(bodyOf([person(12), { Last_Name: "x" }, person(13)])), 207);
    assert.deepEqual(codesOf(rows), ["SUCCESS", "MANDATORY_NOT_FOUND", "SUCCESS"]);
  },
  "a hundred rows are taken, one more is refused": async () => {
    const many = Array.from({ length: 101 }, (_, number) => person(1000 + number));
    const rows = rowsOf(await leads().createRecords(bodyOf(many.slice(0, 100))), 201);
    assert.equal(rows.length, 100);
    assert.equal(refusalOf(await leads().createRecords(bodyOf(many)), 400), "INVALID_DATA");
  },
  "a listing without fields is REQUIRED_PARAM_MISSING": async () => {
    assert.equal(refusalOf(await leads().getRecords(), 400), "REQUIRED_PARAM_MISSING");
  },
  "a listing goes on by page_token, and shows each once": async () => {
    const seen = new Set();
    let token = null;
    do {
      const given = [[GetRecordsParam.FIELDS, "Last_Name,Email"], [GetRecordsParam.PER_PAGE, 30]];
      if (token !== null) given.push([GetRecordsParam.PAGE_TOKEN, token]);
      const response = await leads().getRecords(await params(given));
      const rows = rowsOf(response);
      rows.forEach((row) => seen.add(row.getId()));
      token = response.getObject().getInfo().getNextPageToken() ?? null;
      assert.equal(response.getObject().getInfo().getMoreRecords(), token !== null);
    } while (token !== null);
    assert.ok(seen.size > 100, `${seen.size}`);
  },
  "a listing of some ids, sorted": async () => {
    const ids = [await newLead(person(14)), await newLead(person(15))];
    const asked = await params([
      [GetRecordsParam.FIELDS, "Last_Name"], [GetRecordsParam.IDS, ids.join(",")],
      [GetRecordsParam.SORT_BY, "id"], [GetRecordsParam.SORT_ORDER, "desc"],
    ]);
    assert.deepEqual(rowsOf(await leads().getRecords(asked)).map((row) => row.getId()), [...ids].reverse());
  },
  "an owner is changed by the record's field": async () => {
    const users = (await new Zoho.Users.UsersOperations().getUsers()).getObject().getUsers();
    const other = users.find((user) => user.getStatus() === "active" && user.getEmail() !== "integration@acme.test");
    const id = await newLead(person(16));
    const owner = new Zoho.Users.MinifiedUser();
    owner.setId(other.getId());
    idOf(rowsOf(await leads().updateRecord(id, bodyOf([{ Owner: owner }])))[0]);
    assert.equal(rowsOf(await leads().getRecord(id))[0].getKeyValue("Owner").getEmail(), other.getEmail());
  },
  "a deleted lead is gone, and listed as deleted": async () => {
    const id = await newLead(person(17));
    const rows = rowsOf(await leads().deleteRecords(await params([[DeleteRecordsParam.IDS, `${id}`]])));
    assert.equal(idOf(rows[0]), id);
    assert.equal((await leads().getRecord(id)).getStatusCode(), 204);
    const gone = rowsOf(await leads().getDeletedRecords(await params([[GetDeletedRecordsParam.TYPE, "all"]])));
    assert.ok(gone.some((one) => one.getId() === id && one.getType() === "recycle"));
  },
  "deleting one that is gone is INVALID_DATA": async () => {
    const rows = rowsOf(await leads().deleteRecord(7n), 400);
    assert.deepEqual(codesOf(rows), ["INVALID_DATA"]);
  },
};
