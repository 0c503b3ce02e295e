// The page: asking, hearing, and what is remembered over a reload.

import { clearFailure, fail, newTurn, show } from "./answer.js";
import { $, data, language, make, reword, speak } from "./words.js";

const RETRIES = [1, 2, 4, 8]; // seconds between attempts to send a question

const log = $("log"), field = $("question"), main = document.querySelector("main");
const turns = new Map(); // by id
let conversation = "";
let source = null; // the EventSource
let reconnect = 0; // its timer, once the browser has given up itself
let failures = 0;
let lost = false;

// -- what is remembered over a reload ---------------------------------------

// Storage may be switched off; then a reload begins anew.
const memory = {
  get(key) { try { return sessionStorage.getItem("tribune." + key); } catch { return null; } },
  set(key, value) { try { sessionStorage.setItem("tribune." + key, value); } catch { /* not kept */ } },
};

function unsent() {
  try { return JSON.parse(memory.get("unsent")) || []; } catch { return []; }
}
const forget = (id) => memory.set("unsent", JSON.stringify(unsent().filter((q) => q.id !== id)));
const keep = (q) => memory.set("unsent", JSON.stringify([...unsent().filter((o) => o.id !== q.id), q]));

// token makes an unguessable name; randomUUID would need https.
function token() {
  const bytes = crypto.getRandomValues(new Uint8Array(18));
  return btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_");
}

// -- scrolling --------------------------------------------------------------

// The newest turn is kept in view while it grows, but its beginning is never
// pushed out at the top, and nothing moves once the reader has scrolled away.
let followed = -1; // where the page itself scrolled to

const following = () => Math.abs(main.scrollTop - followed) < 3 ||
  main.scrollHeight - main.scrollTop - main.clientHeight < 80;

function follow(item = log.lastElementChild) {
  const bottom = main.scrollHeight - main.clientHeight;
  const top = item ? item.getBoundingClientRect().top - main.getBoundingClientRect().top + main.scrollTop - 16 : bottom;
  main.scrollTop = Math.max(0, Math.min(bottom, top));
  followed = main.scrollTop;
}

// ready puts the cursor into the field, but leaves a phone's screen to the
// answer: its keyboard covers half of it.
function ready() {
  if (matchMedia("(pointer: coarse)").matches) field.blur();
  else field.focus();
}

// -- sending ----------------------------------------------------------------

function turnOf(id, question) {
  if (!turns.has(id)) {
    turns.set(id, newTurn(id, question));
    log.append(turns.get(id).item);
    $("start").hidden = true;
  }
  return turns.get(id);
}

function ask(text) {
  text = text.trim();
  if (!text) return;
  const q = { id: token(), text };
  keep(q);
  const turn = turnOf(q.id, text);
  follow();
  send(turn);
  ready();
}

const pause = (seconds) => new Promise((done) => setTimeout(done, seconds * 1000));

// send asks until the server has the question; the same id is the same question.
async function send(turn) {
  const where = conversation;
  clearFailure(turn);
  for (let attempt = 0; ; attempt++) {
    const { code, after } = await post(turn, where);
    if (where !== conversation || turn.taken) return;
    if (code === "") {
      forget(turn.id);
      reword(turn.doing, "thinking");
      return;
    }
    const temporary = code === "network" || code === "busy";
    if (!temporary || attempt === RETRIES.length) {
      giveUp(turn, code);
      return;
    }
    reword(turn.doing, "sending");
    await pause(Math.max(after, RETRIES[attempt]));
  }
}

function giveUp(turn, code) {
  const hopeless = code === "too_large" || code === "empty_text";
  if (hopeless) forget(turn.id);
  fail(turn, code, hopeless ? null : () => { send(turn); ready(); });
  follow();
  if (code === "not_allowed") signIn();
}

async function post(turn, where) {
  try {
    const response = await fetch(data.path + "/questions", {
      method: "POST", credentials: "same-origin", headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ conversation: where, id: turn.id, text: turn.question }),
    });
    if (response.status === 202) return { code: "" };
    const after = Math.min(Number(response.headers.get("Retry-After")) || 0, 30);
    const body = await response.json().catch(() => ({}));
    return { code: (body.error && body.error.code) || (response.status >= 500 ? "busy" : "internal"), after };
  } catch {
    return { code: "network", after: 0 };
  }
}

// -- hearing ----------------------------------------------------------------

// update shows what the server says of one turn.
function update(t) {
  const fresh = !turns.has(t.id), moves = following();
  forget(t.id);
  show(turnOf(t.id, t.question), t, fresh);
  if (moves) follow();
}

function connect() {
  clearTimeout(reconnect);
  if (source) source.close();
  const here = source = new EventSource(data.path + "/events?conversation=" + conversation);
  here.addEventListener("open", () => {
    failures = 0;
    if (lost) connection("restored");
    lost = false;
  });
  here.addEventListener("state", (event) => JSON.parse(event.data).turns.forEach(update));
  here.addEventListener("turn", (event) => update(JSON.parse(event.data)));
  here.addEventListener("error", () => {
    if (here !== source) return;
    // Streams end now and then by design: only a failed return is a loss.
    if (++failures > 1) {
      lost = true;
      connection("lost");
    }
    if (here.readyState !== EventSource.CLOSED) return; // the browser tries again
    reconnect = setTimeout(revive, Math.min(30, 2 ** failures) * 1000);
  });
}

// revive finds out why the stream was refused, which EventSource does not say.
async function revive() {
  try {
    const response = await fetch(data.path + "/conversation?id=" + conversation, { credentials: "same-origin" });
    if (response.status === 401) return signIn();
    if (response.status === 403) return begin();
  } catch { /* no network yet */ }
  connect();
}

let quiet = 0;
function connection(key) {
  const box = $("connection");
  clearTimeout(quiet);
  box.classList.toggle("good", key === "restored");
  reword(box, key);
  if (key === "restored") {
    quiet = setTimeout(() => { box.textContent = ""; delete box.dataset.t; }, 3000);
  }
}

// -- conversations and signing in -------------------------------------------

function showExamples() {
  $("examples").replaceChildren(...(data.examples[language()] || []).map((text) => {
    const item = make("li"), button = make("button", "", text);
    button.type = "button";
    button.addEventListener("click", () => ask(text));
    item.append(button);
    return item;
  }));
}

// begin starts an empty conversation.
function begin() {
  conversation = token();
  memory.set("conversation", conversation);
  memory.set("unsent", "[]");
  for (const turn of turns.values()) clearTimeout(turn.timer);
  turns.clear();
  log.replaceChildren();
  $("announce").textContent = "";
  $("start").hidden = false;
  connect();
  ready();
}

// resume goes on with the conversation of before a reload.
function resume() {
  signedOut(false);
  conversation = memory.get("conversation") || "";
  if (!/^[\w-]{16,64}$/.test(conversation)) return begin();
  $("start").hidden = turns.size > 0;
  const left = unsent();
  connect();
  for (const q of left) send(turnOf(q.id, q.text));
  follow();
  ready();
}

function signedOut(out) {
  $("sign-in").hidden = !out;
  $("new").hidden = document.querySelector("footer").hidden = out;
}

function signIn() {
  if (source) source.close();
  signedOut(true);
  $("start").hidden = true;
  main.scrollTop = 0;
  $("key").focus();
}

async function submitKey() {
  const problem = $("key-error"), options = {
    method: "POST", credentials: "same-origin", headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ key: $("key").value.trim() }),
  };
  reword(problem, "");
  try {
    const response = await fetch(data.path + "/sign-in", options);
    if (!response.ok) {
      reword(problem, response.status === 401 ? "sign_in_failed" : "error_internal");
      $("key").select();
      return;
    }
  } catch {
    reword(problem, "error_network");
    return;
  }
  $("key").value = "";
  $("sign-out").hidden = false;
  resume();
}

async function signOut() {
  await fetch(data.path + "/sign-out", { method: "POST", credentials: "same-origin" }).catch(() => null);
  memory.set("conversation", "");
  location.reload();
}

// -- wiring -----------------------------------------------------------------

$("ask").addEventListener("submit", (event) => {
  event.preventDefault();
  const text = field.value;
  field.value = "";
  grow();
  ask(text);
});

field.addEventListener("keydown", (event) => {
  // An input method uses Enter to take its candidate (229 in older Safari).
  if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
  event.preventDefault();
  $("ask").requestSubmit();
});

// grow is for browsers without field-sizing.
function grow() {
  if (CSS.supports("field-sizing", "content")) return;
  field.style.height = "auto";
  field.style.height = field.scrollHeight + "px";
}
field.addEventListener("input", grow);

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || event.isComposing || !$("sign-in").hidden) return;
  const details = event.target.closest && event.target.closest("details[open]");
  if (!details) return field.focus();
  details.open = false;
  details.firstChild.focus();
});

$("new").addEventListener("click", begin);
$("sign-out").addEventListener("click", signOut);
$("key-form").addEventListener("submit", (event) => { event.preventDefault(); submitKey(); });
$("lang").addEventListener("click", (event) => {
  event.preventDefault();
  speak(language() === "zh" ? "en" : "zh");
  showExamples();
  document.cookie = "tribune_lang=" + language() + "; path=" + data.path + "; max-age=31536000; samesite=lax";
});
$("lang").addEventListener("keydown", (event) => {
  if (event.key === " ") { event.preventDefault(); event.target.click(); }
});

// Where a phone's keyboard covers the page instead of resizing it (iOS), the
// page is made as high as what is left.
if (window.visualViewport) {
  const fit = () => {
    const moves = following();
    document.documentElement.style.setProperty("--height", visualViewport.height + "px");
    if (moves) follow();
  };
  visualViewport.addEventListener("resize", fit);
}

showExamples();
$("sign-out").hidden = !data.signed;
// A visit from another site's link comes without the sign-in cookie, a
// request of this page has it: so ask once more before asking for a key.
if (data.allowed) resume();
else fetch(data.path + "/conversation?id=" + token(), { credentials: "same-origin" })
  .then((response) => (response.ok ? resume() : signIn()), signIn);
