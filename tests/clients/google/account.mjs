// A service account of the sandbox's, and the client's addresses turned to the sandbox.
import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";

import { PassThroughClient } from "google-auth-library";
import { google } from "googleapis";

import { SANDBOX } from "./calls.mjs";

export const EMAIL = "leadgate@sandbox.iam.gserviceaccount.com";
export const SCOPE = "https://www.googleapis.com/auth/spreadsheets";

const { privateKey } = generateKeyPairSync("rsa", {
  modulusLength: 2048,
  privateKeyEncoding: { type: "pkcs8", format: "pem" },
  publicKeyEncoding: { type: "spki", format: "pem" },
});

/** Sends what a client asks of Google to the sandbox; its addresses are constants of the library's. */
function turned(auth) {
  auth.transporter.interceptors.request.add({
    resolved: async (config) => {
      const { hostname, pathname, search } = new URL(String(config.url));
      assert.match(hostname, /^(oauth2|sheets)\.googleapis\.com$/);
      config.url = new URL(`${SANDBOX}/google${pathname}${search}`);
      return config;
    },
  });
  return auth;
}

/** A service account's credentials. */
export function account(email = EMAIL, scopes = [SCOPE]) {
  return turned(new google.auth.JWT({ email, key: privateKey, scopes }));
}

/** The Sheets client of some credentials, which asks once. */
export function sheetsOf(auth) {
  return google.sheets({ version: "v4", auth, retry: false });
}

/** A bearer token as it is, known to Google or not. */
export function bearer(token) {
  const auth = new google.auth.OAuth2();
  auth.setCredentials({ access_token: token });
  return turned(auth);
}

/** No credentials at all. */
export const nobody = turned(new PassThroughClient());
