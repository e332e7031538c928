// Calls of @zohocrm/nodejs-sdk-8.0.
import assert from "node:assert/strict";

import * as Zoho from "@zohocrm/nodejs-sdk-8.0";

import { runCalls } from "./calls.mjs";
import { coql } from "./coql.mjs";
import { metadata } from "./metadata.mjs";
import { records } from "./records.mjs";
import { related } from "./related.mjs";
import { connect, refusalOf } from "./sdk.mjs";
import { search } from "./search.mjs";

const users = () => new Zoho.Users.UsersOperations().getUsers();

const REFRESH = "1000.refresh.sandbox";

/** The SDK asks for a token as it is initialised. */
async function refusal(withToken) {
  let code = "";
  await assert.rejects(connect(withToken), (error) => {
    code = error.message;
    return true;
  });
  return code;
}

// Named, since without a name the SDK can't keep a grant beside another token.
const named = (name) => (builder) => builder.grantToken("1000.grant.sandbox").userSignature(new Zoho.UserSignature(name));

const tokens = {
  "a token of another data centre is invalid_code": async () => {
    assert.match(await refusal((builder) => builder.refreshToken("1000.of.elsewhere")), /invalid_code/);
  },
  "a wrong client is invalid_client": async () => {
    assert.match(await refusal((builder) => builder.clientId("1000.NOBODY").refreshToken(REFRESH)), /invalid_client/);
  },
  "a grant's code gives a token and a refresh token": async () => {
    assert.equal((await connect(named("first"))).getRefreshToken(), REFRESH);
    assert.equal((await users()).getStatusCode(), 200);
  },
  "a grant's code works once": async () => {
    assert.match(await refusal(named("second")), /invalid_code/);
  },
  "a token that has ended is INVALID_TOKEN": async () => {
    await connect((builder) => builder.accessToken("1000.ended").findUser(false));
    assert.equal(refusalOf(await users(), 401), "INVALID_TOKEN");
  },
  "a refresh token gives a token, and whose it is": async () => {
    const token = await connect((builder) => builder.refreshToken(REFRESH));
    assert.match(token.getAccessToken(), /^1000\./);
    assert.equal(token.getUserSignature().getName(), "integration@acme.test:10000001");
  },
};

await runCalls({ ...tokens, ...metadata, ...records, ...search, ...coql, ...related });
