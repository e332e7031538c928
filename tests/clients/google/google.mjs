// Calls of googleapis' Sheets client (v4). Names of pages are those of the Sheets API's reference
// and guides.
import assert from "node:assert/strict";

import { control, failsWith, runCalls } from "./calls.mjs";
import { account, bearer, nobody, sheetsOf } from "./account.mjs";

const sheets = sheetsOf(account());
const values = sheets.spreadsheets.values;
const RAW = { valueInputOption: "RAW" };
const HEADER = ["record_id", "title", "status"];

/** Refused with a status of HTTP, Google's own status and words. */
const refused = (call, code, status, words) =>
  failsWith(call, (error) => {
    assert.equal(error.response.status, code);
    assert.equal(error.response.data.error.code, code);
    assert.equal(error.response.data.error.status, status);
    assert.match(error.response.data.error.message, words);
  });
const invalid = (call, words) => refused(call, 400, "INVALID_ARGUMENT", words);

const made = await sheets.spreadsheets.create({
  requestBody: {
    properties: { title: "Waiting" },
    sheets: [{ properties: { title: "Leadgate" } }, { properties: { title: "My 'own' tab" } }],
  },
});
const spreadsheetId = made.data.spreadsheetId;
const get = async (range, more = {}) => (await values.get({ spreadsheetId, range, ...more })).data;
const update = (range, rows, more = RAW) =>
  values.update({ spreadsheetId, range, ...more, requestBody: { values: rows } });
const append = (range, rows, more = {}) =>
  values.append({ spreadsheetId, range, ...RAW, ...more, requestBody: { values: rows } });
const change = (...requests) =>
  sheets.spreadsheets.batchUpdate({ spreadsheetId, requestBody: { requests } });

await runCalls({
  "create answers the tabs that were asked for (spreadsheets.create)": async () => {
    assert.deepEqual(made.data.sheets.map((one) => one.properties.title), ["Leadgate", "My 'own' tab"]);
    assert.equal(made.data.properties.title, "Waiting");
  },
  "get shows tabs and their grids (spreadsheets.get)": async () => {
    const { data } = await sheets.spreadsheets.get({ spreadsheetId });
    assert.equal(data.spreadsheetId, spreadsheetId);
    assert.deepEqual(data.sheets[0].properties, {
      sheetId: 0, title: "Leadgate", index: 0, sheetType: "GRID",
      gridProperties: { rowCount: 1000, columnCount: 26 },
    });
  },
  "an empty range has no values (values.get)": async () => {
    assert.deepEqual(await get("Leadgate!A1:C3"), { range: "Leadgate!A1:C3", majorDimension: "ROWS" });
  },
  "values.update sets a range and counts (UpdateValuesResponse)": async () => {
    const { data } = await update("Leadgate!A1:C3", [HEADER, ["a:1", "VP", "open"], ["b:2", "", "open"]]);
    assert.deepEqual(data, {
      spreadsheetId, updatedRange: "Leadgate!A1:C3", updatedRows: 3, updatedColumns: 3, updatedCells: 9,
    });
  },
  "B2 is one cell (A1 notation)": async () => {
    assert.deepEqual(await get("Leadgate!B2"), {
      range: "Leadgate!B2", majorDimension: "ROWS", values: [["VP"]],
    });
  },
  "B2:C3 is four cells": async () => {
    assert.deepEqual((await get("Leadgate!B2:C3")).values, [["VP", "open"], ["", "open"]]);
  },
  "a range's corners may come in any order": async () => {
    assert.deepEqual((await get("Leadgate!C3:B2")).values, [["VP", "open"], ["", "open"]]);
  },
  "A:A is a column, empty cells at its end left out": async () => {
    assert.deepEqual((await get("Leadgate!A:A")).values, [["record_id"], ["a:1"], ["b:2"]]);
  },
  "1:2 is two rows": async () => {
    assert.deepEqual((await get("Leadgate!1:2")).values, [HEADER, ["a:1", "VP", "open"]]);
  },
  "A2:B is a column from a row on": async () => {
    assert.deepEqual((await get("Leadgate!A2:B")).values, [["a:1", "VP"], ["b:2"]]);
  },
  "a tab's name alone is all of it, the range written out": async () => {
    const found = await get("Leadgate");
    assert.equal(found.range, "Leadgate!A1:Z1000");
    assert.equal(found.values.length, 3);
  },
  "cells without a tab are the first tab's": async () => {
    assert.deepEqual((await get("A1:B1")).values, [["record_id", "title"]]);
  },
  "a tab's name in quotes, an apostrophe doubled": async () => {
    await update("'My ''own'' tab'!A1", [["here"]]);
    const found = await get("'My ''own'' tab'!A1:A2");
    assert.equal(found.range, "'My ''own'' tab'!A1:A2");
    assert.deepEqual(found.values, [["here"]]);
  },
  "majorDimension COLUMNS turns the answer": async () => {
    const found = await get("Leadgate!A1:B3", { majorDimension: "COLUMNS" });
    assert.deepEqual(found.values, [["record_id", "a:1", "b:2"], ["title", "VP"]]);
  },
  "a tab that isn't there is refused": () => invalid(() => get("Nowhere!A1"), /^Unable to parse range: Nowhere!A1$/),
  "a name that is no tab is refused": () => invalid(() => get("Nowhere"), /^Unable to parse range: Nowhere$/),
  "cells that are none are refused": () => invalid(() => get("Leadgate!A0:[5"), /^Unable to parse range/),
  "a tab that isn't there is refused on writing": () => invalid(() => append("Nowhere!A1", [["x"]]), /Unable to parse range/),
  "cells outside the grid are refused (Sheets limits)": () =>
    invalid(() => get("Leadgate!AA1"), /exceeds grid limits. Max rows: 1000, max columns: 26/),
  "a range that ends outside the grid is cut to it": async () => {
    assert.equal((await get("Leadgate!A1:ZZ2000")).range, "Leadgate!A1:Z1000");
  },
  "batchGet answers each range in order (values.batchGet)": async () => {
    const { data } = await values.batchGet({ spreadsheetId, ranges: ["Leadgate!C1", "Leadgate!A2:A3"] });
    assert.deepEqual(data.valueRanges.map((one) => one.values), [[["status"]], [["a:1"], ["b:2"]]]);
  },
  "batchGet of one wrong range is refused whole": () =>
    invalid(() => values.batchGet({ spreadsheetId, ranges: ["Leadgate!C1", "Nowhere!A1"] }), /Unable to parse range/),
  "values.update with more values than the range is refused": () =>
    invalid(() => update("Leadgate!A1:B1", [["a", "b", "c"]]), /within range \[Leadgate!A1:B1\], but tried writing to column \[C\]/),
  "values.update with more rows than the range is refused": () =>
    invalid(() => update("Leadgate!A1:B1", [["a"], ["b"]]), /tried writing to row \[2\]/),
  "values.update at one cell takes as many values as the grid has room for": async () => {
    await update("Leadgate!K1", [["k", "l"], ["m"]]);
    assert.deepEqual((await get("Leadgate!K1:L2")).values, [["k", "l"], ["m"]]);
    await invalid(() => update("Leadgate!Z1", [["y", "z"]]), /exceeds grid limits/);
    await values.clear({ spreadsheetId, range: "Leadgate!K1:L2" });
  },
  "a valueInputOption that isn't known is refused": () =>
    invalid(() => update("Leadgate!A1", [["a"]], { valueInputOption: "X" }), /value_input_option/),
  "null leaves a cell as it is, '' empties it (ValueRange)": async () => {
    await update("Leadgate!D1:E1", [["d", "e"]]);
    await update("Leadgate!D1:E1", [[null, ""]]);
    assert.deepEqual((await get("Leadgate!D1:E1")).values, [["d"]]);
    await update("Leadgate!D1", [[""]]);
  },
  "values.batchUpdate sets several ranges and adds up": async () => {
    const data = [{ range: "Leadgate!B2", values: [["CEO"]] }, { range: "Leadgate!C2:C3", values: [["x"], ["y"]] }];
    const done = await values.batchUpdate({ spreadsheetId, requestBody: { valueInputOption: "RAW", data } });
    assert.equal(done.data.totalUpdatedCells, 3);
    assert.equal(done.data.totalUpdatedSheets, 1);
    assert.deepEqual((await get("Leadgate!A2:C3")).values, [["a:1", "CEO", "x"], ["b:2", "", "y"]]);
  },
  "values.batchUpdate with one wrong range writes nothing": async () => {
    const data = [{ range: "Leadgate!B2", values: [["no"]] }, { range: "Nowhere!A1", values: [["no"]] }];
    await invalid(
      () => values.batchUpdate({ spreadsheetId, requestBody: { valueInputOption: "RAW", data } }),
      /Unable to parse range/,
    );
    assert.deepEqual((await get("Leadgate!B2")).values, [["CEO"]]);
  },
  "append writes behind the table and names both (values.append)": async () => {
    const { data } = await append("Leadgate!A1", [["c:3", "CTO", "open"]]);
    assert.equal(data.tableRange, "Leadgate!A1:C3");
    assert.equal(data.updates.updatedRange, "Leadgate!A4:C4");
    assert.equal(data.updates.updatedCells, 3);
  },
  "append with INSERT_ROWS makes rows, the grid grows": async () => {
    await update("Leadgate!A6", [["below"]]);
    await append("Leadgate!A1", [["d:4"]], { insertDataOption: "INSERT_ROWS" });
    assert.deepEqual((await get("Leadgate!A4:A7")).values, [["c:3"], ["d:4"], [], ["below"]]);
    const { data } = await sheets.spreadsheets.get({ spreadsheetId });
    assert.equal(data.sheets[0].properties.gridProperties.rowCount, 1001);
  },
  "valueInputOption is required": () =>
    invalid(() => values.append({ spreadsheetId, range: "A1", requestBody: { values: [["x"]] } }), /'valueInputOption' is required/),
  "RAW keeps a formula and a number's text (ValueInputOption)": async () => {
    await update("Leadgate!H1:J1", [["=1+1", "007", 12]]);
    const raw = await get("Leadgate!H1:J1", { valueRenderOption: "UNFORMATTED_VALUE" });
    assert.deepEqual(raw.values, [["=1+1", "007", 12]]);
  },
  "USER_ENTERED computes, and makes numbers of digits": async () => {
    await update("Leadgate!H2:J2", [["=1+1", "007", "TRUE"]], { valueInputOption: "USER_ENTERED" });
    const raw = await get("Leadgate!H2:J2", { valueRenderOption: "UNFORMATTED_VALUE" });
    assert.deepEqual(raw.values, [[2, 7, true]]);
    assert.deepEqual((await get("Leadgate!H2:J2")).values, [["2", "7", "TRUE"]]);
    assert.deepEqual((await get("Leadgate!H2", { valueRenderOption: "FORMULA" })).values, [["=1+1"]]);
  },
  "a cell of more than 50,000 characters is refused, 50,000 are taken": async () => {
    await invalid(() => update("Leadgate!G1", [["x".repeat(50001)]]), /maximum of 50000 characters in a single cell/);
    await update("Leadgate!G1", [["x".repeat(50000)]]);
    assert.equal((await get("Leadgate!G1")).values[0][0].length, 50000);
  },
  "values.clear empties a range and says which": async () => {
    const { data } = await values.clear({ spreadsheetId, range: "Leadgate!G1:J2" });
    assert.deepEqual(data, { spreadsheetId, clearedRange: "Leadgate!G1:J2" });
    assert.equal((await get("Leadgate!G1:J2")).values, undefined);
  },
  "batchClear empties several ranges": async () => {
    const { data } = await values.batchClear({ spreadsheetId, requestBody: { ranges: ["Leadgate!A7", "Leadgate!A5"] } });
    assert.deepEqual(data.clearedRanges, ["Leadgate!A7", "Leadgate!A5"]);
  },
  "addSheet makes a tab of a size (AddSheetRequest)": async () => {
    const properties = { title: "Small", gridProperties: { rowCount: 2, columnCount: 2 } };
    const { data } = await change({ addSheet: { properties } });
    assert.equal(data.replies[0].addSheet.properties.title, "Small");
    await invalid(() => update("Small!A3", [["x"]]), /exceeds grid limits. Max rows: 2, max columns: 2/);
    await append("Small!A1", [["1"], ["2"], ["3"]]);
    assert.equal((await get("Small")).range, "Small!A1:B3");
  },
  "addSheet of a title that is there is refused": () =>
    invalid(() => change({ addSheet: { properties: { title: "leadgate" } } }), /A sheet with the name "leadgate" already exists/),
  "one refused request undoes the others of the call (batchUpdate)": async () => {
    await invalid(() => change({ addSheet: { properties: { title: "Other" } } }, { deleteSheet: { sheetId: 99 } }),
      /Invalid requests\[1\].deleteSheet: No sheet with id: 99/);
    await invalid(() => get("Other!A1"), /Unable to parse range/);
  },
  "duplicateSheet copies a tab with its cells": async () => {
    const { data } = await change({ duplicateSheet: { sourceSheetId: 0, newSheetName: "Copy" } });
    assert.equal(data.replies[0].duplicateSheet.properties.title, "Copy");
    assert.deepEqual((await get("Copy!A1:C1")).values, [HEADER]);
  },
  "updateSheetProperties renames what its mask names": async () => {
    const { data } = await sheets.spreadsheets.get({ spreadsheetId });
    const { sheetId } = data.sheets.find((one) => one.properties.title === "Copy").properties;
    await change({ updateSheetProperties: { properties: { sheetId, title: "Renamed" }, fields: "title" } });
    assert.deepEqual((await get("Renamed!A1")).values, [["record_id"]]);
    await change({ deleteSheet: { sheetId } });
    await invalid(() => get("Renamed!A1"), /Unable to parse range/);
  },
  "the last tab can't be deleted (DeleteSheetRequest)": async () => {
    const one = await sheets.spreadsheets.create({ requestBody: {} });
    const request = { requests: [{ deleteSheet: { sheetId: 0 } }] };
    await invalid(() => sheets.spreadsheets.batchUpdate({ spreadsheetId: one.data.spreadsheetId, requestBody: request }),
      /can't remove all the sheets/);
  },
  "a spreadsheet above ten million cells is refused": () =>
    invalid(() => change({ addSheet: { properties: { title: "Big", gridProperties: { rowCount: 1e7 } } } }), /limit of 10000000 cells/),
  "an unknown spreadsheet is 404": () =>
    refused(() => values.get({ spreadsheetId: "none", range: "A1" }), 404, "NOT_FOUND", /Requested entity was not found/),
  "a spreadsheet that isn't shared is 403": async () => {
    await control("POST", "/objects/google.spreadsheets/closed", {
      spreadsheetId: "closed", title: "closed", shared: false, tabs: [],
    });
    await refused(() => values.get({ spreadsheetId: "closed", range: "A1" }), 403, "PERMISSION_DENIED", /does not have permission/);
  },
  "a token that has ended is 401": () =>
    refused(() => sheetsOf(bearer("ya29.old")).spreadsheets.get({ spreadsheetId }), 401, "UNAUTHENTICATED", /invalid authentication credentials/),
  "no token is 403": () =>
    refused(() => sheetsOf(nobody).spreadsheets.get({ spreadsheetId }), 403, "PERMISSION_DENIED", /unregistered callers/),
  "an unknown service account is invalid_grant (OAuth 2.0 for server to server)": () =>
    failsWith(() => account("other@sandbox.iam.gserviceaccount.com").authorize(), (error) => {
      assert.match(`${error.message} ${JSON.stringify(error.response?.data)}`, /invalid_grant/);
    }),
  "a scope that isn't Sheets' is refused": () =>
    failsWith(() => account(undefined, ["https://www.googleapis.com/auth/calendar"]).authorize(), (error) => {
      assert.match(`${error.message} ${JSON.stringify(error.response?.data)}`, /invalid_scope/);
    }),
  "the minute's reads end with 429 (Usage limits)": async () => {
    await refused(async () => {
      for (let call = 0; call < 61; call += 1) await get("Leadgate!A1");
    }, 429, "RESOURCE_EXHAUSTED", /Quota exceeded for quota metric 'Read requests'/);
  },
});
