// Refusals: HubSpot's page "Error handling"; HubSpot/hubspot-api-nodejs#268 (a missing scope);
// HubSpot/hubspot-php#203 (a method that an address doesn't take).
import assert from "node:assert/strict";

import { SANDBOX } from "./calls.mjs";
import { ask, clientOf, crm, refused } from "./portal.mjs";

const AUTHORISED = { authorization: "Bearer pat-sandbox-0001" };
const at = (path, options = {}) =>
  fetch(`${SANDBOX}/hubspot${path}`, { headers: AUTHORISED, ...options });

export const errors = {
  "401: a token that is none": async () => {
    const category = "INVALID_AUTHENTICATION";
    await refused(() => clientOf("wrong").crm.contacts.basicApi.getPage(1), 401, { category });
  },
  "403: a scope is missing, and named": async () => {
    const category = "MISSING_SCOPES";
    const call = () => clientOf("none").crm.contacts.basicApi.getPage(1);
    const { body } = await refused(call, 403, { category });
    const [{ context }] = body.errors;
    assert.deepEqual(context.requiredGranularScopes, ["crm.objects.contacts.read"]);
  },
  "404: an object, and a merged id that was none": async () => {
    const category = "OBJECT_NOT_FOUND";
    await refused(() => crm.contacts.basicApi.getById("404404"), 404, { category });
    const properties = { city: "Rome" };
    await refused(() => crm.contacts.basicApi.update("404404", { properties }), 404, { category });
  },
  "404: an address that isn't there has no body in JSON": async () => {
    const answer = await at("/crm/v3/nothing");
    assert.equal(answer.status, 404);
    assert.match(answer.headers.get("content-type"), /text\/html/);
  },
  "405: a method that an address doesn't take has no body, and names those it takes": async () => {
    const answer = await at("/crm/v3/owners", { method: "POST" });
    assert.equal(answer.status, 405);
    assert.equal(await answer.text(), "");
    assert.match(answer.headers.get("allow"), /GET/);
  },
  "415: a body that is no JSON by its type": async () => {
    const headers = { ...AUTHORISED, "content-type": "text/plain" };
    const answer = await at("/crm/v3/objects/contacts", { method: "POST", headers, body: "{}" });
    assert.equal(answer.status, 415);
    assert.equal((await answer.json()).status, "error");
  },
  "400: a body that is no JSON": async () => {
    const headers = { ...AUTHORISED, "content-type": "application/json" };
    const answer = await at("/crm/v3/objects/contacts", { method: "POST", headers, body: "{no" });
    assert.equal(answer.status, 400);
    assert.match((await answer.json()).message, /Invalid input JSON/);
  },
  "400: a type of objects that isn't there has no category": async () => {
    for (const [kind, says] of [
      ["widgets", "Unable to infer object type from: widgets"],
      ["0-9999", "Invalid object or event type id: 0-9999"],
    ]) {
      await refused(() => crm.objects.basicApi.getPage(kind), 400, { category: null, says });
    }
  },
  "400: a page's size and place": async () => {
    await refused(() => crm.contacts.basicApi.getPage(101), 400);
    await refused(() => crm.contacts.basicApi.getPage(0), 400);
    await refused(() => crm.contacts.basicApi.getPage(1, "nowhere"), 400);
  },
  "limits stand in the headers, but not in those of a search": async () => {
    const listed = await at("/crm/v3/owners");
    assert.ok(Number(listed.headers.get("x-hubspot-ratelimit-remaining")) > 0);
    assert.equal(listed.headers.get("x-hubspot-ratelimit-interval-milliseconds"), "10000");
    const headers = { ...AUTHORISED, "content-type": "application/json" };
    const searched = await at("/crm/v3/objects/contacts/search", {
      method: "POST", headers, body: "{}",
    });
    assert.equal(searched.status, 200);
    assert.equal(searched.headers.get("x-hubspot-ratelimit-max"), null);
  },
  "429: more than five searches a second": async () => {
    const searches = Array.from({ length: 12 }, () =>
      ask("POST", "/crm/v3/objects/contacts/search", {}).catch((error) => error.body));
    const over = (await Promise.all(searches)).filter((body) => body.policyName);
    assert.ok(over.length > 0);
    assert.equal(over[0].policyName, "SECONDLY");
    assert.equal(over[0].errorType, "RATE_LIMIT");
    assert.equal(over[0].message, "You have reached your secondly limit.");
  },
  "opt-outs: an address that is written to no more": async () => {
    const path = "/communication-preferences/v4/statuses/ada%40nodes.example/unsubscribe-all";
    const done = await ask("POST", `${path}?channel=EMAIL`, {});
    assert.equal(done.results[0].status, "UNSUBSCRIBED");
    assert.equal((await ask("GET", `${path}?channel=EMAIL`)).results.length, 1);
    const found = await crm.contacts.basicApi.getById(
      "ada@nodes.example", ["hs_email_optout"], undefined, undefined, false, "email",
    );
    assert.equal(found.properties.hs_email_optout, "true");
    await refused(() => ask("POST", path, {}), 400);
  },
};
