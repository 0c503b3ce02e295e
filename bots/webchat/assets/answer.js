// One question and its answer on the page. What comes from people, models or
// documents is put in as text; elements are made of the names in TAGS alone.

import { $, labelled, language, make, reword, say, worded } from "./words.js";

const TAGS = new Set(["p", "h3", "h4", "h5", "h6", "ul", "ol", "li", "blockquote", "pre", "code", "hr", "br",
  "table", "thead", "tbody", "tr", "th", "td", "strong", "em", "del"]);
const WAITING = 20; // seconds after which a silent answer is said to be queued

const safe = (href) => /^(https?:\/\/|mailto:)/i.test(href || "");

function anchor(href) {
  const a = make("a");
  a.href = href;
  a.target = "_blank";
  a.rel = "noopener noreferrer nofollow";
  return a;
}

// build makes an element of a node that the server took a text apart into.
function build(node, turn) {
  if (!node.t) return document.createTextNode(node.s || "");
  if (node.t === "cite") return cite(node.n, turn);
  let e;
  if (node.t === "a" && safe(node.href)) e = anchor(node.href);
  else if (TAGS.has(node.t)) e = make(node.t, "lcr".includes(node.a || " ") ? node.a : "", node.s);
  else e = make("span");
  if (node.t === "ol" && node.n) e.start = node.n;
  if (node.t === "pre") e.tabIndex = 0; // it scrolls
  e.append(...(node.c || []).map((child) => build(child, turn)));
  if (node.t !== "table") return e;
  const wide = make("div", "wide");
  wide.tabIndex = 0;
  wide.append(e);
  return wide;
}

function cite(n, turn) {
  const a = make("a", "cite", String(n));
  a.href = "#s-" + turn.id + "-" + n;
  a.setAttribute("aria-label", say("cite", turn.language) + " " + n);
  a.addEventListener("click", (event) => {
    const details = $("s-" + turn.id + "-" + n);
    if (!details) return;
    event.preventDefault();
    details.open = true;
    details.firstChild.focus();
    details.scrollIntoView({ block: "nearest" });
  });
  return a;
}

function sourceEntry(s, turn) {
  const item = make("li"), details = make("details"), summary = make("summary");
  details.id = "s-" + turn.id + "-" + s.n;
  const title = make("span", "", s.title || s.ref);
  if (s.ref && s.ref !== s.title) title.append(make("span", "place", s.ref));
  summary.append(make("span", "n", s.n + "."), title);
  details.append(summary, make("blockquote", "", s.quote));
  if (safe(s.url)) {
    const a = anchor(s.url);
    a.textContent = say("source_link", turn.language);
    details.append(a);
  }
  item.append(details);
  return item;
}

// newTurn shows a question, and below it that something is going on.
export function newTurn(id, question) {
  const item = make("li", "turn"), bot = make("article", "bot");
  const mine = labelled(make("div", "mine", question), "you");
  mine.dir = bot.dir = "auto";
  mine.setAttribute("role", "group");
  if (question.length > 500) mine.tabIndex = 0; // it scrolls
  bot.setAttribute("aria-busy", "true");
  const body = make("div", "body"), progress = make("p", "progress"), dots = make("span", "dots");
  body.setAttribute("aria-live", "off"); // said once, when it is whole
  dots.setAttribute("aria-hidden", "true");
  dots.append(make("i"), make("i"), make("i"));
  const doing = worded("span", "", "thinking");
  progress.append(dots, doing);
  bot.append(worded("h2", "hidden", "bot"), body, progress);
  item.append(mine, bot);
  const turn = { id, question, item, bot, body, progress, doing, blocks: [], text: "", taken: false, final: false, language: language() };
  turn.timer = setTimeout(() => { if (!turn.text && !turn.failed) reword(doing, "waiting"); }, WAITING * 1000);
  return turn;
}

// show brings a turn up to date with what the server says of it.
export function show(turn, t, quiet) {
  if (turn.final && !t.final) return;
  clearFailure(turn);
  quiet = quiet || turn.final;
  turn.taken = true;
  turn.language = t.content.language || language();
  turn.text = t.content.text;
  turn.final = t.final;
  turn.body.lang = turn.language;
  showBlocks(turn, t.blocks || []);
  if (turn.text) reword(turn.doing, "writing");
  if (t.final) finish(turn, t.content, quiet);
}

// showBlocks replaces only what changed, so that a selection survives.
function showBlocks(turn, blocks) {
  blocks.forEach((block, i) => {
    const wire = JSON.stringify(block);
    if (turn.blocks[i] === wire) return;
    turn.blocks[i] = wire;
    const e = build(block, turn);
    if (turn.body.children[i]) turn.body.children[i].replaceWith(e);
    else turn.body.append(e);
  });
  turn.blocks.length = blocks.length;
  while (turn.body.children.length > blocks.length) turn.body.lastChild.remove();
}

// finish adds what only a whole answer has: sources, the note, tools.
function finish(turn, content, quiet) {
  clearTimeout(turn.timer);
  turn.progress.remove();
  turn.bot.removeAttribute("aria-busy");
  for (const e of turn.bot.querySelectorAll(".note, .sources, .tools")) e.remove();
  if (content.note) turn.bot.append(make("p", "note", content.note));
  const sources = content.sources || [];
  if (sources.length) {
    const section = make("section", "sources"), list = make("ol");
    section.lang = turn.language;
    list.append(...sources.map((s) => sourceEntry(s, turn)));
    section.append(make("h3", "", say("sources", turn.language)), list);
    turn.bot.append(section);
  }
  const tools = make("div", "tools"), copy = worded("button", "", "copy");
  copy.type = "button";
  copy.addEventListener("click", () => copyAnswer(turn, copy));
  tools.append(copy);
  turn.bot.append(tools);
  if (!quiet) announce(turn, sources.length);
}

function announce(turn, count) {
  const box = $("announce");
  box.lang = turn.language;
  box.textContent = say("answer_ready", turn.language) + " " + turn.body.textContent +
    (count ? " " + say("source_count", turn.language) + count : "");
}

async function copyAnswer(turn, button) {
  let key = "copied";
  try {
    await navigator.clipboard.writeText(turn.text);
  } catch {
    key = copyBySelection(turn) ? "copied" : "copy_failed";
  }
  reword(button, key);
  setTimeout(() => reword(button, "copy"), 2000);
}

// copyBySelection is for pages over plain http, which have no clipboard.
function copyBySelection(turn) {
  const range = document.createRange(), selection = getSelection();
  range.selectNodeContents(turn.body);
  selection.removeAllRanges();
  selection.addRange(range);
  const done = document.execCommand("copy");
  selection.removeAllRanges();
  return done;
}

// fail says why a question was not taken; again, if given, tries once more.
export function fail(turn, code, again) {
  clearFailure(turn);
  clearTimeout(turn.timer);
  turn.progress.hidden = true;
  turn.bot.removeAttribute("aria-busy");
  const box = make("div", "failed");
  box.setAttribute("role", "alert");
  box.append(worded("span", "", say("error_" + code) ? "error_" + code : "error_internal"));
  if (again) {
    const retry = worded("button", "", "retry");
    retry.type = "button";
    retry.addEventListener("click", again);
    box.append(retry);
  }
  turn.bot.append(box);
  turn.failed = box;
}

export function clearFailure(turn) {
  if (!turn.failed) return;
  turn.failed.remove();
  turn.failed = null;
  turn.progress.hidden = false;
  reword(turn.doing, "thinking");
  turn.bot.setAttribute("aria-busy", "true");
}
