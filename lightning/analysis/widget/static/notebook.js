// Light or dark, as the notebook around a widget is: JupyterLab and Notebook say it, VS Code does, or the system.

const dark = matchMedia("(prefers-color-scheme: dark)");
const SAID_BY = { attributes: true, attributeFilter: ["class", "data-jp-theme-light", "data-vscode-theme-kind"] };

// element : gets data-theme; onChange : called when that is another
// Returns a function that ends it.
export function followTheme(element, onChange) {
  const follow = () => {
    const theme = isDark() ? "dark" : "light";
    if (element.dataset.theme === theme) return;
    element.dataset.theme = theme;
    onChange();
  };
  const observer = new MutationObserver(follow);
  observer.observe(document.body, SAID_BY);
  dark.addEventListener("change", follow);
  follow();
  return () => {
    observer.disconnect();
    dark.removeEventListener("change", follow);
  };
}

function isDark() {
  const { jpThemeLight, vscodeThemeKind } = document.body.dataset;
  if (jpThemeLight !== undefined) return jpThemeLight === "false";
  if (vscodeThemeKind !== undefined) return vscodeThemeKind.includes("dark");
  return dark.matches;
}
