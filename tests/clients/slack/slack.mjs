// Calls of @slack/web-api.
import assert from "node:assert/strict";

import { WebClient } from "@slack/web-api";

import { runCalls, SANDBOX } from "./calls.mjs";

const client = new WebClient("xoxb-sandbox", { slackApiUrl: `${SANDBOX}/slack/api/` });

await runCalls({
  "auth.test names the bot": async () => {
    assert.equal((await client.auth.test()).ok, true);
  },
});
