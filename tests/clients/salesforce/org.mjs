// The org that the calls are made on: a login, users, fields that a permission set shows.
import assert from "node:assert/strict";
import { generateKeyPairSync, sign } from "node:crypto";

import jsforce from "jsforce";

import { control, failsWith, SANDBOX } from "./calls.mjs";

export const BASE = `${SANDBOX}/salesforce`;
export const VERSION = "67.0";
export const APP = { loginUrl: BASE, clientId: "3MVG9sandbox", clientSecret: "salesforce-secret-0001" };
const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });

/** A connection without a token; `more` goes to jsforce. */
export const connection = (more = {}) =>
  new jsforce.Connection({ loginUrl: BASE, version: VERSION, oauth2: APP, ...more });

/** A connection that is logged in with client credentials. */
export async function loggedIn(more = {}) {
  const conn = connection(more);
  await conn.authorize({ grant_type: "client_credentials" });
  return conn;
}

/** A JWT as the bearer flow wants it. */
export function assertion(claims = {}) {
  const all = {
    iss: APP.clientId, sub: "integration@acme.test", aud: "https://login.salesforce.com",
    exp: Math.floor(Date.now() / 1000) + 180, ...claims,
  };
  const text = [{ alg: "RS256" }, all].map((part) => Buffer.from(JSON.stringify(part)).toString("base64url")).join(".");
  return `${text}.${sign("RSA-SHA256", Buffer.from(text), privateKey).toString("base64url")}`;
}

/** A user, made by the org itself: the API has no part in it. */
export async function addUser(number, active) {
  const id = `005Sx000000000${number}AAA`;
  const email = `user${number}@acme.test`;
  const at = new Date().toISOString().replace("Z", "+0000");
  await control("POST", `/objects/salesforce.User/${id}`, {
    Id: id, Name: `User ${number}`, Email: email, Username: email, IsActive: active, UserType: "Standard",
    IsDeleted: false, CreatedDate: at, LastModifiedDate: at, SystemModstamp: at,
  });
  return id;
}

/** Custom fields of leads, as an app's set-up makes and shows them. */
export async function addFields(conn, fields) {
  const set = await conn.sobject("PermissionSet").create({ Name: "Tests", Label: "Tests" });
  for (const [name, metadata] of Object.entries(fields)) {
    const made = await conn.tooling.sobject("CustomField").create({ FullName: `Lead.${name}`, Metadata: metadata });
    assert.equal(made.success, true);
    await conn.sobject("FieldPermissions").create({
      ParentId: set.id, SobjectType: "Lead", Field: `Lead.${name}`, PermissionsRead: true, PermissionsEdit: true,
    });
  }
  const { id } = conn.userInfo;
  await conn.sobject("PermissionSetAssignment").create({ AssigneeId: id, PermissionSetId: set.id });
}

/** Refused with Salesforce's error code and words. */
export const refused = (call, code, words = /./) =>
  failsWith(call, (error) => {
    assert.equal(error.errorCode ?? error.name, code, error.message);
    assert.match(error.message, words);
  });
