// The page's words, and elements made of them. Everything is put in as text.

export const data = JSON.parse(document.getElementById("data").textContent);

export const $ = (id) => document.getElementById(id);

let lang = data.lang;

export const language = () => lang;
export const say = (key, language = lang) => (data.texts[language] || data.texts.en)[key] || "";

export function make(tag, className, text) {
  const e = document.createElement(tag);
  if (className) e.className = className;
  if (text !== undefined) e.textContent = text;
  return e;
}

// worded makes an element whose text changes with the page's language.
export function worded(tag, className, key) {
  const e = make(tag, className, say(key));
  e.dataset.t = key;
  return e;
}

export function reword(e, key) {
  if (e.dataset.t === key) return;
  e.dataset.t = key;
  e.textContent = say(key);
}

// labelled names an element for those who hear the page.
export function labelled(e, key) {
  e.dataset.label = key;
  e.setAttribute("aria-label", say(key));
  return e;
}

// speak changes the page's language. The bot's own words stay in the asker's.
export function speak(language) {
  lang = language;
  document.documentElement.lang = lang;
  document.title = say("title");
  for (const e of document.querySelectorAll("[data-t]")) e.textContent = say(e.dataset.t);
  for (const e of document.querySelectorAll("[data-label]")) e.setAttribute("aria-label", say(e.dataset.label));
  for (const e of document.querySelectorAll("[data-placeholder]")) e.placeholder = say(e.dataset.placeholder);
  const other = lang === "zh" ? "en" : "zh", a = $("lang");
  a.lang = a.hreflang = other;
  a.href = data.path + "?lang=" + other;
  a.textContent = say("language_name", other);
}
