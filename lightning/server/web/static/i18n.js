// The language of the page, and what its words are in it.

import { remember, remembered } from "./settings.js";
import { REASONS_ZH, WORDS } from "./words.js";

const listeners = new Set();
let language = remembered("language", navigator.language.startsWith("zh") ? "zh" : "en");
if (!(language in WORDS)) language = "en";

export function currentLanguage() {
  return language;
}

// Calls `listener` whenever the language is another.
export function onLanguage(listener) {
  listeners.add(listener);
}

export function t(key, values = {}) {
  const text = WORDS[language][key];
  return text.replace(/\{(\w+)\}/g, (_, name) => values[name]);
}

// reason : name of a RejectReason without its prefix; message : what the server says of it
export function reasonText(reason, message) {
  return (language === "zh" && REASONS_ZH[reason]) || message;
}

export function switchLanguage() {
  language = language === "en" ? "zh" : "en";
  remember("language", language);
  translatePage();
  for (const listener of listeners) listener();
}

// data-t: the text; data-t-label: the accessible name; data-t-title: the tooltip
export function translatePage() {
  document.documentElement.lang = language;
  for (const element of document.querySelectorAll("[data-t]")) element.textContent = t(element.dataset.t);
  for (const element of document.querySelectorAll("[data-t-label]")) {
    element.setAttribute("aria-label", t(element.dataset.tLabel));
  }
  for (const element of document.querySelectorAll("[data-t-title]")) element.title = t(element.dataset.tTitle);
}
