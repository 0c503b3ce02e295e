// The page's script. Everything that comes from people, models or documents is
// put in as text (textContent); elements are made of the names in TAGS alone.
(() => {
  "use strict";

  const data = JSON.parse(document.getElementById("data").textContent);
  const TAGS = new Set(["p", "h3", "h4", "h5", "h6", "ul", "ol", "li", "blockquote", "pre", "code", "hr", "br",
    "table", "thead", "tbody", "tr", "th", "td", "strong", "em", "del"]);
  const RETRIES = [1, 2, 4, 8]; // seconds between attempts to send a question
  const WAITING = 20; // seconds after which a silent answer is said to be queued

  const $ = (id) => document.getElementById(id);
  const log = $("log"), field = $("question"), main = document.querySelector("main");
  const turns = new Map(); // id -> {item, parts, shown, ...}
  let lang = data.lang;
  let conversation = "";
  let source = null; // the EventSource
  let reconnect = 0; // its timer, once the browser has given up itself
  let failures = 0;
  let lost = false;

  // -- words ------------------------------------------------------------------

  const say = (key, language = lang) => (data.texts[language] || data.texts.en)[key] || "";

  function make(tag, className, text) {
    const e = document.createElement(tag);
    if (className) e.className = className;
    if (text !== undefined) e.textContent = text;
    return e;
  }

  // worded makes an element whose text changes with the page's language.
  function worded(tag, className, key) {
    const e = make(tag, className, say(key));
    e.dataset.t = key;
    return e;
  }

  function reword(e, key) {
    if (e.dataset.t === key) return;
    e.dataset.t = key;
    e.textContent = say(key);
  }

  function speak(language) {
    lang = language;
    document.documentElement.lang = lang;
    document.title = say("title");
    for (const e of document.querySelectorAll("[data-t]")) e.textContent = say(e.dataset.t);
    for (const e of document.querySelectorAll("[data-label]")) e.setAttribute("aria-label", say(e.dataset.label));
    field.placeholder = say("placeholder");
    const other = lang === "zh" ? "en" : "zh", a = $("lang");
    a.lang = a.hreflang = other;
    a.href = data.path + "?lang=" + other;
    a.textContent = say("language_name", other);
    showExamples();
  }

  function showExamples() {
    $("examples").replaceChildren(...(data.examples[lang] || []).map((text) => {
      const item = make("li"), button = make("button", "", text);
      button.type = "button";
      button.addEventListener("click", () => ask(text));
      item.append(button);
      return item;
    }));
  }

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

  // -- one answer -------------------------------------------------------------

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
  function newTurn(id, question) {
    const item = make("li", "turn"), mine = make("div", "mine", question), bot = make("article", "bot");
    mine.dir = bot.dir = "auto";
    mine.tabIndex = 0;
    mine.setAttribute("role", "group");
    mine.dataset.label = "you";
    bot.dataset.label = "bot";
    mine.setAttribute("aria-label", say("you"));
    bot.setAttribute("aria-label", say("bot"));
    bot.setAttribute("aria-busy", "true");
    const body = make("div", "body"), progress = make("p", "progress"), dots = make("span", "dots");
    body.setAttribute("aria-live", "off"); // said once, when it is whole
    dots.setAttribute("aria-hidden", "true");
    dots.append(make("i"), make("i"), make("i"));
    const doing = worded("span", "", "thinking");
    progress.append(dots, doing);
    bot.append(body, progress);
    item.append(mine, bot);
    log.append(item);
    $("start").hidden = true;
    const turn = { id, question, item, bot, body, progress, doing, blocks: [], text: "", final: false, language: lang };
    turn.timer = setTimeout(() => { if (!turn.text && !turn.failed) reword(doing, "waiting"); }, WAITING * 1000);
    turns.set(id, turn);
    return turn;
  }

  // show brings a turn up to date with what the server says.
  function show(t) {
    const fresh = !turns.has(t.id), turn = turns.get(t.id) || newTurn(t.id, t.question);
    if (turn.final && !t.final) return;
    turn.taken = true; // the server has it
    forget(t.id);
    clearFailure(turn);
    const moves = following(), wasFinal = turn.final;
    turn.language = t.content.language || lang;
    turn.text = t.content.text;
    turn.final = t.final;
    turn.body.lang = turn.language;
    showBlocks(turn, t.blocks || []);
    if (turn.text) reword(turn.doing, "writing");
    if (t.final) finish(turn, t.content, fresh || wasFinal);
    if (moves) follow();
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

  function ask(text) {
    text = text.trim();
    if (!text) return;
    const q = { id: token(), text };
    keep(q);
    const turn = newTurn(q.id, text);
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
        fail(turn, code, code !== "too_large" && code !== "empty_text");
        if (code === "not_allowed") signIn();
        return;
      }
      reword(turn.doing, "sending");
      await pause(Math.max(after, RETRIES[attempt]));
    }
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

  function fail(turn, code, again) {
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
      retry.addEventListener("click", () => { send(turn); ready(); });
      box.append(retry);
    } else {
      forget(turn.id);
    }
    turn.bot.append(box);
    turn.failed = box;
    follow();
  }

  function clearFailure(turn) {
    if (!turn.failed) return;
    turn.failed.remove();
    turn.failed = null;
    turn.progress.hidden = false;
    reword(turn.doing, "thinking");
    turn.bot.setAttribute("aria-busy", "true");
  }

  // -- hearing ----------------------------------------------------------------

  function connect() {
    clearTimeout(reconnect);
    if (source) source.close();
    const here = source = new EventSource(data.path + "/events?conversation=" + conversation);
    here.addEventListener("open", () => {
      failures = 0;
      if (lost) connection("restored");
      lost = false;
    });
    here.addEventListener("state", (event) => JSON.parse(event.data).turns.forEach(show));
    here.addEventListener("turn", (event) => show(JSON.parse(event.data)));
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
    $("sign-in").hidden = true;
    $("ask").inert = false;
    conversation = memory.get("conversation") || "";
    if (!/^[\w-]{16,64}$/.test(conversation)) return begin();
    $("start").hidden = turns.size > 0;
    const left = unsent();
    connect();
    for (const q of left) send(turns.get(q.id) || newTurn(q.id, q.text));
    follow();
    ready();
  }

  function signIn() {
    if (source) source.close();
    $("sign-in").hidden = false;
    $("start").hidden = true;
    $("ask").inert = true;
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
    if (event.key !== "Escape" || event.isComposing || $("ask").inert) return;
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
    speak(lang === "zh" ? "en" : "zh");
    document.cookie = "tribune_lang=" + lang + "; path=" + data.path + "; max-age=31536000; samesite=lax";
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
})();
