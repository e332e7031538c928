// @zohocrm/nodejs-sdk-8.0 on the sandbox: an environment of its own, which is the SDK's way to
// name another address.
import assert from "node:assert/strict";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import * as Zoho from "@zohocrm/nodejs-sdk-8.0";

import { SANDBOX } from "./calls.mjs";

const BASE = `${SANDBOX}/zoho`;
const CLIENT = { id: "1000.SANDBOX", secret: "zoho-secret-0001" };

/** Initialise the SDK with a token, which keeps its tokens in a folder of its own. */
export async function connect(withToken) {
  const folder = mkdtempSync(join(tmpdir(), "zoho-"));
  const token = withToken(
    new Zoho.OAuthBuilder().clientId(CLIENT.id).clientSecret(CLIENT.secret),
  ).build();
  const builder = await new Zoho.InitializeBuilder();
  await builder
    .environment(Zoho.DataCenter.setEnvironment(BASE, `${BASE}/oauth/v2/token`, BASE))
    .token(token)
    .store(new Zoho.FileStore(join(folder, "tokens")))
    .SDKConfig(new Zoho.SDKConfigBuilder().autoRefreshFields(false).pickListValidation(false).build())
    .resourcePath(`${folder}/`)
    .logger(new Zoho.LogBuilder().level(Zoho.Levels.ERROR).filePath(join(folder, "log")).build())
    .initialize();
  return token;
}

/** A record of these fields. */
export function recordOf(fields) {
  const record = new Zoho.Record.Record();
  for (const [name, value] of Object.entries(fields)) {
    record.addKeyValue(name, value);
  }
  return record;
}

/** The body of a write, for which no workflow runs. */
export function bodyOf(records, checks = null) {
  const body = new Zoho.Record.BodyWrapper();
  body.setData(records.map(recordOf));
  body.setTrigger([]);
  if (checks !== null) {
    body.setDuplicateCheckFields(checks);
  }
  return body;
}

/** A map of parameters. */
export async function params(given) {
  const map = new Zoho.ParameterMap();
  for (const [param, value] of given) {
    await map.add(param, value);
  }
  return map;
}

/** The rows of an answer with this status. */
export function rowsOf(response, status = 200) {
  assert.equal(response.getStatusCode(), status, asText(response.getObject()));
  return response.getObject().getData();
}

/** What the SDK read, for a message. */
export function asText(value) {
  return JSON.stringify(value, (_, one) => (typeof one === "bigint" ? `${one}` : one instanceof Map ? [...one] : one));
}

/** The code of an answer that is a refusal. */
export function refusalOf(response, status) {
  assert.equal(response.getStatusCode(), status);
  return response.getObject().getCode().getValue();
}

/** The codes of rows. */
export function codesOf(rows) {
  return rows.map((row) => row.getCode().getValue());
}

/** The id that a row of a write names. */
export function idOf(row) {
  assert.equal(row.getStatus().getValue(), "success", row.getMessage()?.getValue?.());
  return BigInt(row.getDetails().get("id"));
}
