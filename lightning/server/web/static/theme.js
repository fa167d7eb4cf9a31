// Light or dark: what the system says, until the switch is used.

import { remember, remembered } from "./settings.js";

const dark = matchMedia("(prefers-color-scheme: dark)");
const listeners = new Set();

export function startTheme(button) {
  apply(remembered("theme", ""));
  button.addEventListener("click", () => {
    const next = isDark() ? "light" : "dark";
    remember("theme", next);
    apply(next);
  });
  dark.addEventListener("change", tell);
}

export function onTheme(listener) {
  listeners.add(listener);
}

function isDark() {
  const chosen = document.documentElement.dataset.theme;
  return chosen ? chosen === "dark" : dark.matches;
}

function apply(theme) {
  document.documentElement.dataset.theme = theme;
  tell();
}

function tell() {
  for (const listener of listeners) listener();
}
