// Pages are whole without this file. It keeps them up to date, moves by keys, and shows times in the
// viewer's zone.

const policy = window.trustedTypes?.createPolicy("leadgate", { createHTML: (text) => text });
const live = document.getElementById("live");
let stream = null;
const PAUSE = 500; // milliseconds between two refreshes: a busy site changes all the time
let refreshing = false;
let again = false;

function parse(text) {
  const trusted = policy ? policy.createHTML(text) : text;
  return new DOMParser().parseFromString(trusted, "text/html");
}

async function fetchPage(address) {
  const answer = await fetch(address, { credentials: "same-origin" });
  if (answer.redirected && new URL(answer.url).pathname === "/sign-in") {
    say("away", "Signed out: sign in by another tab"); // what is typed here stays
    return null;
  }
  return answer.ok ? { page: parse(await answer.text()), url: answer.url } : null;
}

function say(state, words) {
  if (!live) return;
  live.dataset.state = state;
  live.textContent = words;
}

function localise(root) {
  for (const time of root.querySelectorAll("time")) {
    time.title = new Date(time.dateTime).toLocaleString();
  }
}

// A region is left as it is while somebody is in it, by keyboard or with an open list.
function replaceRegions(page) {
  for (const region of document.querySelectorAll("[data-live]")) {
    const newer = page.getElementById(region.id);
    if (!newer || region.contains(document.activeElement) && isTyping()) continue;
    const at = region.scrollTop;
    const open = [...region.querySelectorAll("details")].map((one) => one.open);
    const ticked = new Set(ticks(region).filter((one) => one.checked).map((one) => one.value));
    const focused = region.contains(document.activeElement) ? document.activeElement : null;
    const row = focused?.dataset.row;
    const all = region.querySelector("[data-all]")?.checked;
    const fresh = document.importNode(newer, true);
    markSelected(region, fresh);
    region.replaceWith(fresh);
    showScripted(fresh);
    fresh.scrollTop = at;
    [...fresh.querySelectorAll("details")].forEach((one, i) => { one.open = open[i] ?? false; });
    for (const one of ticks(fresh)) {
      one.checked = ticked.has(one.value);
      if (focused?.name === "chosen" && one.value === focused.value) one.focus();
    }
    const every = fresh.querySelector("[data-all]");
    if (every) every.checked = all && ticks(fresh).every((one) => one.checked);
    if (focused?.id) fresh.querySelector(`#${CSS.escape(focused.id)}`)?.focus();
    if (row) fresh.querySelector(`[data-row="${CSS.escape(row)}"]`)?.focus();
    localise(fresh);
  }
}

// What needs this script is hidden without it.
function showScripted(root) {
  for (const one of root.querySelectorAll("[data-script]")) one.hidden = false;
}

function isTyping() {
  const at = document.activeElement;
  return Boolean(at?.matches("input:not([type=radio], [type=checkbox]), select, textarea"));
}

const ticks = (region) => [...region.querySelectorAll("[name=chosen]")];

async function refresh() {
  if (refreshing) {
    again = true;
    return;
  }
  refreshing = true;
  try {
    const found = await fetchPage(document.querySelector("[data-live]").dataset.live || location.href);
    if (found) replaceRegions(found.page);
  } catch {
    say("away", "Reconnecting…");
  }
  await new Promise((done) => setTimeout(done, PAUSE));
  refreshing = false;
  if (again) {
    again = false;
    refresh();
  }
}

function listen() {
  if (!document.querySelector("[data-live]") || stream) return;
  stream = new EventSource("/changes");
  stream.onopen = () => {
    say("live", "Live");
    refresh(); // for what has changed meanwhile
  };
  stream.onmessage = refresh;
  stream.onerror = () => {
    say("away", "Reconnecting…");
    if (stream.readyState !== EventSource.CLOSED) return;
    stream = null; // the browser has given up: an answer was no stream
    setTimeout(listen, 5000);
  };
}

// What only time changes: ages, deadlines, a projector that has stopped.
setInterval(() => {
  if (!document.hidden && document.querySelector("[data-live]")) refresh();
}, 30000);

// A browser has six connections a server: only the page that is seen holds one.
document.addEventListener("visibilitychange", () => {
  if (document.hidden) {
    stream?.close();
    stream = null;
  } else {
    listen();
    refresh();
  }
});

// The review page: the form stays as it is until another lead is chosen.
const rows = () => [...document.querySelectorAll("[data-row]")];
const selected = () => document.querySelector("[data-row][aria-current]");
const tick = () => selected()?.closest("li").querySelector("[name=chosen]")?.click();
const detail = () => document.getElementById("detail");

// The list marks the lead whose form is open. Once its row has left the list, somebody was faster.
function markSelected(before, after) {
  const lead = detail()?.dataset.lead;
  if (!lead || after.id !== "queue") return;
  const had = before.querySelector(rowOf(lead));
  const has = mark(after, lead);
  if (had) document.getElementById("gone")?.toggleAttribute("hidden", has);
}

const rowOf = (lead) => `[data-row="${CSS.escape(lead)}"]`;

function mark(list, lead) {
  for (const row of list.querySelectorAll("[data-row]")) row.removeAttribute("aria-current");
  const row = list.querySelector(rowOf(lead));
  row?.setAttribute("aria-current", "true");
  return Boolean(row);
}

let wanted = "";
async function select(row) {
  wanted = row.href;
  mark(document, row.dataset.row);
  row.scrollIntoView({ block: "nearest" });
  detail().inert = true; // no key and no click decides about the lead before
  const found = await fetchPage(row.href).catch(() => null);
  if (wanted !== row.href) return;
  const newer = found?.page.getElementById("detail");
  if (!newer) {
    location.assign(row.href);
    return;
  }
  detail().replaceWith(document.importNode(newer, true));
  localise(detail());
  mark(document, row.dataset.row); // a list that came meanwhile marks the lead before
  history.replaceState(null, "", row.href);
}

function move(by) {
  const all = rows();
  const at = all.indexOf(selected());
  const next = all[Math.min(Math.max(at + by, 0), all.length - 1)];
  if (next && next !== selected()) select(next);
}

function choose(key) {
  const choice = document.querySelector(`#decide [data-key="${CSS.escape(key)}"]`);
  if (!choice || detail().inert) return false;
  choice.checked = true;
  const field = choice.closest("label").nextElementSibling;
  const first = field?.matches(".more-of") ? field.querySelector("input") : null;
  (first ?? document.getElementById("why")).focus();
  return true;
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "Escape" && isTyping()) {
    document.activeElement.blur();
    return;
  }
  if (isTyping()) return;
  const done = { j: () => move(1), k: () => move(-1), x: tick, "/": () => document.getElementById("find")?.focus(),
    "?": () => document.getElementById("help")?.showModal() }[event.key];
  if (done) {
    done();
    event.preventDefault();
  } else if (event.key.length === 1 && choose(event.key)) {
    event.preventDefault();
  }
});

document.addEventListener("click", (event) => {
  const row = event.target.closest("[data-row]");
  if (!row || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  select(row);
});

document.addEventListener("change", (event) => {
  if (event.target.matches("[data-all]")) {
    for (const one of ticks(document)) one.checked = event.target.checked;
  } else if (event.target.matches("[name=chosen]:not(:checked)")) {
    document.querySelector("[data-all]").checked = false;
  }
  if (event.target.matches("[data-submit]")) event.target.form.requestSubmit();
});

localise(document);
showScripted(document);
if (!document.hidden) listen();
