// Calls of @slack/web-api. Names of pages are those of docs.slack.dev, reference/methods unless said.
import assert from "node:assert/strict";

import { LogLevel, WebClient } from "@slack/web-api";

import { control, failsWith, runCalls, SANDBOX } from "./calls.mjs";

const URL = { slackApiUrl: `${SANDBOX}/slack/api/`, logLevel: LogLevel.ERROR };
const client = new WebClient("xoxb-sandbox", URL);
const impatient = new WebClient("xoxb-sandbox", { ...URL, rejectRateLimitedCalls: true });

/** Refused with Slack's error code; the whole answer goes to `check`. */
const refused = (call, code, check = () => {}) =>
  failsWith(call, (error) => {
    assert.equal(error.data?.error, code, error.message);
    check(error.data);
  });

const channel = (id, name, members, more = {}) =>
  control("POST", `/objects/slack.channels/${id}`, {
    id, name, members, is_private: false, is_archived: false, ...more,
  });
// a channel takes about one message a second: three take turns
const ROOMS = ["C0911", "C0912", "C0913"];
const post = (text, more = {}) => {
  ROOMS.push(ROOMS.shift());
  return client.chat.postMessage({ channel: ROOMS[0], text, ...more });
};
const section = (text) => ({ type: "section", text: { type: "mrkdwn", text } });
const button = (more = {}) => ({
  type: "button", action_id: "taken", value: "person lead", text: { type: "plain_text", text: "I'm on it" }, ...more,
});
const actions = (...elements) => ({ type: "actions", elements });
const history = (id, more = {}) => client.conversations.history({ channel: id, ...more });

const users = (await client.users.list({})).members;
const [ANN, BEN] = users;
const { channels } = await client.conversations.list({});
const SALES = channels.find((one) => one.name === "sales").id;
await channel("C0901", "closed", [ANN.id]);
await channel("C0902", "old", ["U0BOT"], { is_archived: true });
await channel("C0903", "board", [ANN.id], { is_private: true });
await channel("C0904", "team", ["U0BOT", ANN.id], { is_private: true });
await channel("C0905", "burst", ["U0BOT"]);
for (const id of ROOMS) await channel(id, `room-${id.toLowerCase()}`, ["U0BOT"]);

await runCalls({
  "auth.test names bot and team": async () => {
    const answer = await client.auth.test();
    assert.equal(answer.bot_id, "B0001");
    assert.equal(answer.team_id, "T0001");
    assert.equal(answer.user_id, "U0BOT");
  },
  "api.test's unknown method is unknown_method": () => refused(() => client.apiCall("leads.list"), "unknown_method"),
  "no token is not_authed": () => refused(() => new WebClient(undefined, URL).auth.test(), "not_authed"),
  "another token is invalid_auth": () => refused(() => new WebClient("xoxb-other", URL).auth.test(), "invalid_auth"),
  "a token among a form's arguments is taken": async () => {
    assert.equal((await new WebClient(undefined, URL).auth.test({ token: "xoxb-sandbox" })).ok, true);
  },
  "chat.postMessage to an id answers id, ts and message": async () => {
    const answer = await post("by id", { channel: SALES });
    assert.equal(answer.channel, SALES);
    assert.match(answer.ts, /^\d+\.\d{6}$/);
    assert.equal(answer.message.text, "by id");
    assert.equal(answer.message.bot_id, "B0001");
  },
  "chat.postMessage to #name and to name answers the id": async () => {
    for (const name of ["#sales", "sales"]) {
      assert.equal((await client.chat.postMessage({ channel: name, text: "by name" })).channel, SALES);
    }
  },
  "chat.postMessage to a user's id posts to the direct message": async () => {
    const answer = await client.chat.postMessage({ channel: ANN.id, text: "direct" });
    assert.match(answer.channel, /^D/);
    const { messages } = await history(answer.channel);
    assert.equal(messages[0].text, "direct");
  },
  "an unknown channel is channel_not_found": () => refused(() => post("x", { channel: "C0999" }), "channel_not_found"),
  "an unknown name is channel_not_found": () => refused(() => post("x", { channel: "#nowhere" }), "channel_not_found"),
  "a public channel that the bot isn't in is not_in_channel": () => refused(() => post("x", { channel: "#closed" }), "not_in_channel"),
  "a private channel that the bot isn't in is channel_not_found": () => refused(() => post("x", { channel: "C0903" }), "channel_not_found"),
  "an archived channel is is_archived": () => refused(() => post("x", { channel: "C0902" }), "is_archived"),
  "no text and no blocks is no_text": () => refused(() => post(""), "no_text"),
  "blocks without text are taken": async () => {
    assert.equal((await post(undefined, { blocks: [section("only blocks")] })).ok, true);
  },
  "text above 40,000 characters is cut, with a warning (Truncating really long messages)": async () => {
    const answer = await post("x".repeat(40001));
    assert.equal(answer.message.text.length, 40000);
    assert.deepEqual(answer.response_metadata.warnings, ["message_truncated"]);
  },
  "form-encoded metadata is read back with include_all_metadata (Message metadata)": async () => {
    const metadata = { event_type: "leadgate_alert", event_payload: { alert_ids: ["a1", "a2"] } };
    const { ts, channel: id } = await post("with metadata", { metadata });
    const read = (messages) => messages.find((one) => one.ts === ts).metadata;
    assert.deepEqual(read((await history(id, { include_all_metadata: true })).messages), metadata);
    assert.equal(read((await history(id)).messages), undefined);
  },
  "metadata of a wrong schema is left out, with a warning": async () => {
    const answer = await post("x", { metadata: { event_type: "two words.", event_payload: {} } });
    assert.match(answer.warning, /invalid_metadata_schema/);
    assert.equal(answer.message.metadata, null);
  },
  "metadata that is no object is invalid_metadata_format": () => refused(() => post("x", { metadata: "nonsense" }), "invalid_metadata_format"),
  "metadata without end is metadata_too_large": () =>
    refused(() => post("x", { metadata: { event_type: "e", event_payload: { text: "x".repeat(9000) } } }), "metadata_too_large"),
  "fifty blocks are taken, fifty-one refused (Block Kit)": async () => {
    assert.equal((await post("x", { blocks: Array(50).fill({ type: "divider" }) })).ok, true);
    await refused(() => post("x", { blocks: Array(51).fill({ type: "divider" }) }), "invalid_blocks");
  },
  "a section of 3,000 characters is taken, of 3,001 refused, and the place named": async () => {
    assert.equal((await post("x", { blocks: [section("x".repeat(3000))] })).ok, true);
    await refused(() => post("x", { blocks: [{ type: "divider" }, section("x".repeat(3001))] }), "invalid_blocks", (data) => {
      assert.deepEqual(data.response_metadata.messages, [
        "[ERROR] must be less than 3001 characters [json-pointer:/blocks/1/text/text]",
      ]);
    });
  },
  "an empty section is refused": () => refused(() => post("x", { blocks: [section("")] }), "invalid_blocks"),
  "an unknown block is refused": () => refused(() => post("x", { blocks: [{ type: "poem" }] }), "invalid_blocks"),
  "blocks that are no list are invalid_blocks_format": () => refused(() => post("x", { blocks: "{" }), "invalid_blocks_format"),
  "blocks of 11,341 characters are msg_blocks_too_long (bolt-js 2867)": () =>
    refused(() => post("x", { blocks: Array(4).fill(section("x".repeat(2900))) }), "msg_blocks_too_long"),
  "a header of 150 characters is taken, of 151 refused": async () => {
    const header = (length) => ({ type: "header", text: { type: "plain_text", text: "x".repeat(length) } });
    assert.equal((await post("x", { blocks: [header(150)] })).ok, true);
    await refused(() => post("x", { blocks: [header(151)] }), "invalid_blocks");
  },
  "a button's text has 75 characters, its value 2,000": async () => {
    const text = (length) => ({ text: { type: "plain_text", text: "x".repeat(length) } });
    assert.equal((await post("x", { blocks: [actions(button(text(75)))] })).ok, true);
    await refused(() => post("x", { blocks: [actions(button(text(76)))] }), "invalid_blocks");
    await refused(() => post("x", { blocks: [actions(button({ value: "x".repeat(2001) }))] }), "invalid_blocks");
    await refused(() => post("x", { blocks: [actions(button({ style: "green" }))] }), "invalid_blocks");
  },
  "25 buttons are taken, 26 refused; ten contexts, eleven refused": async () => {
    const some = (count) => Array.from({ length: count }, (_, n) => button({ action_id: `a${n}` }));
    const context = (count) => ({ type: "context", elements: Array(count).fill({ type: "mrkdwn", text: "x" }) });
    assert.equal((await post("x", { blocks: [actions(...some(25)), context(10)] })).ok, true);
    await refused(() => post("x", { blocks: [actions(...some(26))] }), "invalid_blocks");
    await refused(() => post("x", { blocks: [context(11)] }), "invalid_blocks");
  },
  "a reply stands in its thread and not in the history": async () => {
    const parent = await post("parent", { channel: SALES });
    const reply = await post("reply", { channel: SALES, thread_ts: parent.ts });
    assert.equal(reply.message.thread_ts, parent.ts);
    const { messages } = await client.conversations.replies({ channel: SALES, ts: parent.ts });
    assert.deepEqual(messages.map((one) => one.text), ["parent", "reply"]);
    assert.ok(!(await history(SALES)).messages.some((one) => one.ts === reply.ts));
  },
  "a reply to nothing is cannot_reply_to_message": () => refused(() => post("x", { thread_ts: "1.000000" }), "cannot_reply_to_message"),
  "replies of nothing is thread_not_found": () =>
    refused(() => client.conversations.replies({ channel: SALES, ts: "1.000000" }), "thread_not_found"),
  "chat.update changes text, and removes blocks that aren't given": async () => {
    const { ts, channel: id } = await post("before", { blocks: [section("before")] });
    const answer = await client.chat.update({ channel: id, ts, text: "after" });
    assert.equal(answer.text, "after");
    assert.equal(answer.ts, ts);
    const found = (await history(id)).messages.find((one) => one.ts === ts);
    assert.equal(found.text, "after");
    assert.deepEqual(found.blocks, []);
    assert.equal(found.edited.user, "U0BOT");
  },
  "chat.update keeps metadata unless told": async () => {
    const metadata = { event_type: "kept", event_payload: { id: "1" } };
    const { ts, channel: id } = await post("x", { metadata });
    assert.deepEqual((await client.chat.update({ channel: id, ts, text: "y" })).message.metadata, metadata);
  },
  "chat.update of text above 4,000 characters is msg_too_long": async () => {
    const { ts, channel: id } = await post("x");
    await refused(() => client.chat.update({ channel: id, ts, text: "x".repeat(4001) }), "msg_too_long");
  },
  "chat.update takes no name": async () => {
    const { ts } = await post("x");
    await refused(() => client.chat.update({ channel: "#sales", ts, text: "y" }), "channel_not_found");
  },
  "chat.update of nothing is message_not_found": () =>
    refused(() => client.chat.update({ channel: SALES, ts: "1.000000", text: "y" }), "message_not_found"),
  "chat.update of another's message is cant_update_message": async () => {
    const message = { ts: "5.000000", channel: SALES, user: ANN.id, text: "mine", blocks: [], metadata: null };
    await control("POST", `/objects/slack.messages/${SALES}:5.000000`, message);
    await refused(() => client.chat.update({ channel: SALES, ts: "5.000000", text: "y" }), "cant_update_message");
    await refused(() => client.chat.delete({ channel: SALES, ts: "5.000000" }), "cant_delete_message");
  },
  "chat.delete removes a message, once": async () => {
    const { ts, channel: id } = await post("gone");
    assert.equal((await client.chat.delete({ channel: id, ts })).ts, ts);
    await refused(() => client.chat.delete({ channel: id, ts }), "message_not_found");
  },
  "chat.getPermalink names channel and message": async () => {
    const { ts, channel: id } = await post("linked");
    const { permalink } = await client.chat.getPermalink({ channel: id, message_ts: ts });
    assert.ok(permalink.endsWith(`/archives/${id}/p${ts.replace(".", "")}`));
  },
  "conversations.open answers the direct message's id, and the same again": async () => {
    const first = await client.conversations.open({ users: BEN.id });
    assert.deepEqual(first.channel, { id: first.channel.id });
    const again = await client.conversations.open({ users: BEN.id, return_im: true });
    assert.equal(again.already_open, true);
    assert.equal(again.channel.id, first.channel.id);
    assert.equal(again.channel.user, BEN.id);
  },
  "conversations.open of several is a group": async () => {
    const { channel: group } = await client.conversations.open({ users: `${ANN.id},${BEN.id}` });
    assert.match(group.id, /^G/);
    const { members } = await client.conversations.members({ channel: group.id });
    assert.ok(members.includes(ANN.id) && members.includes(BEN.id));
  },
  "conversations.open of nobody, of a stranger, of nine": async () => {
    await refused(() => client.conversations.open({ users: "" }), "users_list_not_supplied");
    await refused(() => client.conversations.open({ users: "U9999" }), "user_not_found");
    await refused(() => client.conversations.open({ users: Array(9).fill(ANN.id).join(",") }), "too_many_users");
  },
  "conversations.list shows public channels, in pages": async () => {
    const names = [];
    for await (const page of client.paginate("conversations.list", { limit: 2 })) {
      assert.ok(page.channels.length <= 2);
      names.push(...page.channels.map((one) => one.name));
    }
    assert.ok(["general", "sales", "closed", "old"].every((name) => names.includes(name)));
    assert.ok(!names.includes("team") && !names.includes("board"));
  },
  "conversations.list of private channels shows those that the bot is in": async () => {
    const { channels: found } = await client.conversations.list({ types: "private_channel", exclude_archived: true });
    assert.deepEqual(found.map((one) => one.name), ["team"]);
  },
  "conversations.list refuses a type, a limit, a cursor": async () => {
    await refused(() => client.conversations.list({ types: "secret" }), "invalid_types");
    await refused(() => client.conversations.list({ limit: 1000 }), "invalid_limit");
    await refused(() => client.conversations.list({ cursor: "nonsense" }), "invalid_cursor");
  },
  "conversations.info describes a channel by id only": async () => {
    const { channel: found } = await client.conversations.info({ channel: SALES, include_num_members: true });
    assert.equal(found.name, "sales");
    assert.equal(found.is_member, true);
    assert.equal(found.num_members, 1);
    await refused(() => client.conversations.info({ channel: "#sales" }), "channel_not_found");
  },
  "conversations.members lists users' ids": async () => {
    assert.deepEqual((await client.conversations.members({ channel: "C0904" })).members, ["U0BOT", ANN.id]);
  },
  "conversations.join joins, and warns who is there": async () => {
    await channel("C0906", "open", []);
    const first = await client.conversations.join({ channel: "C0906" });
    assert.equal(first.channel.is_member, true);
    assert.equal((await client.conversations.join({ channel: "C0906" })).warning, "already_in_channel");
    assert.equal((await post("joined", { channel: "#open" })).ok, true);
    await refused(() => client.conversations.join({ channel: "C0902" }), "is_archived");
    await refused(() => client.conversations.join({ channel: "C0904" }), "method_not_supported_for_channel_type");
  },
  "conversations.history takes an id, no name and no user": async () => {
    await refused(() => history("#sales"), "channel_not_found");
    await refused(() => history(ANN.id), "channel_not_found");
    await refused(() => history("C0901"), "not_in_channel");
  },
  "conversations.history is the newest first, by pages and by time": async () => {
    for (let n = 0; n < 6; n += 1) await post(`${n}`, { channel: SALES });
    const found = await history(SALES, { limit: 3 });
    assert.equal(found.messages.length, 3);
    assert.equal(found.has_more, true);
    assert.ok(Number(found.messages[0].ts) > Number(found.messages[2].ts));
    const next = await history(SALES, { limit: 3, cursor: found.response_metadata.next_cursor });
    assert.ok(Number(next.messages[0].ts) < Number(found.messages[2].ts));
    const [, second] = found.messages;
    const since = await history(SALES, { oldest: second.ts });
    assert.deepEqual(since.messages.map((one) => one.ts), [found.messages[0].ts]);
    assert.equal((await history(SALES, { oldest: second.ts, inclusive: true })).messages.length, 2);
    await refused(() => history(SALES, { oldest: "yesterday" }), "invalid_ts_oldest");
  },
  "users.lookupByEmail finds a user, in any case": async () => {
    assert.equal((await client.users.lookupByEmail({ email: ANN.profile.email.toUpperCase() })).user.id, ANN.id);
    await refused(() => client.users.lookupByEmail({ email: "nobody@acme.test" }), "users_not_found");
  },
  "users.info describes a user": async () => {
    const { user } = await client.users.info({ user: ANN.id });
    assert.equal(user.profile.email, ANN.profile.email);
    assert.equal(user.deleted, false);
    await refused(() => client.users.info({ user: "U9999" }), "user_not_found");
  },
  "users.list pages by cursor": async () => {
    const found = [];
    for await (const page of client.paginate("users.list", { limit: 3 })) found.push(...page.members);
    assert.deepEqual(found.map((one) => one.id), users.map((one) => one.id));
  },
  "a JSON body is taken by chat.postMessage and not by users.info": async () => {
    const send = async (method, body) => {
      const headers = { authorization: "Bearer xoxb-sandbox", "content-type": "application/json; charset=utf-8" };
      const answer = await fetch(`${URL.slackApiUrl}${method}`, { method: "POST", headers, body });
      return answer.json();
    };
    assert.equal((await send("chat.postMessage", JSON.stringify({ channel: SALES, text: "json", blocks: [section("x")] }))).ok, true);
    assert.equal((await send("chat.postMessage", "{")).error, "invalid_json");
    assert.equal((await send("users.info", JSON.stringify({ user: ANN.id }))).error, "invalid_arguments");
  },
  "a scope that is missing is named": async () => {
    await control("POST", "/objects/control/slack_scopes", { scopes: ["chat:write"] });
    try {
      await refused(() => client.users.info({ user: ANN.id }), "missing_scope", (data) => {
        assert.equal(data.needed, "users:read");
        assert.equal(data.provided, "chat:write");
      });
      assert.equal((await post("allowed")).ok, true);
    } finally {
      await control("POST", "/objects/control/slack_scopes", { scopes: [
        "chat:write", "users:read", "users:read.email", "channels:read", "channels:history", "channels:join", "im:write",
      ] });
    }
  },
  "too many messages are 429 with Retry-After (Rate limits)": async () => {
    await failsWith(
      () => Promise.all(Array.from({ length: 16 }, () => impatient.chat.postMessage({ channel: "C0905", text: "x" }))),
      (error) => {
        assert.equal(error.code, "slack_webapi_rate_limited_error");
        assert.equal(error.retryAfter, 1);
      },
    );
  },
});
