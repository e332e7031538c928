// What the programs of HubSpot's client share: the client, and what a refusal must look like.
import assert from "node:assert/strict";

import hubspot from "@hubspot/api-client";

import { SANDBOX } from "./calls.mjs";

const TOKENS = { all: "pat-sandbox-0001", none: "pat-sandbox-unscoped", wrong: "pat-wrong" };

/** A client of one of the TOKENS, which waits when its searches come too fast. */
export function clientOf(token) {
  return new hubspot.Client({
    accessToken: TOKENS[token], basePath: `${SANDBOX}/hubspot`, numberOfApiCallRetries: 6,
  });
}

export const client = clientOf("all");
export const crm = client.crm;

/** Any call by its path: the client has no method for merges. Fails unless it succeeds. */
export async function ask(method, path, body, token = "all") {
  const answer = await clientOf(token).apiRequest({ method, path, body });
  const text = await answer.text();
  if (!answer.ok) {
    const told = text.startsWith("{") ? JSON.parse(text) : text;
    throw Object.assign(new Error(text), { code: answer.status, body: told, answer });
  }
  return text && JSON.parse(text);
}

/** Merge one object into another of its kind. */
export function merge(kind, primaryObjectId, objectIdToMerge) {
  return ask("POST", `/crm/v3/objects/${kind}/merge`, { primaryObjectId, objectIdToMerge });
}

/**
 * What `call` is refused with; fails unless the answer has this status and HubSpot's form.
 * `category` is null for a refusal that has none.
 */
export async function refused(call, status, { category = "VALIDATION_ERROR", says = "" } = {}) {
  let error;
  try {
    await call();
  } catch (thrown) {
    error = thrown;
  }
  assert.ok(error, "the call was not refused");
  assert.equal(error.code, status, `${error.code} ${JSON.stringify(error.body)}`);
  assert.equal(error.body.category ?? null, category);
  assert.match(error.body.correlationId, /^[0-9a-f-]{36}$/);
  assert.ok(error.body.message.includes(says), error.body.message);
  return error;
}

/** Codes of the property values with which a call is refused, by the properties' names. */
export async function misfits(call) {
  const { body } = await refused(call, 400, { says: "Property values were not valid" });
  return Object.fromEntries(body.errors.map((one) => [one.context.propertyName[0], one.code]));
}

/** Asks until an answer passes `test`; searches see a change a moment later. */
export async function eventually(ask, test) {
  for (let tries = 0; tries < 20; tries += 1) {
    const answer = await ask();
    if (test(answer)) return answer;
    await new Promise((resume) => setTimeout(resume, 100));
  }
  throw new Error("the expected answer did not come");
}

/** The association of a new object with another. */
export function to(id, ...types) {
  const listed = types.map((associationTypeId) => ({
    associationCategory: "HUBSPOT_DEFINED",
    associationTypeId,
  }));
  return { to: { id }, types: listed };
}
