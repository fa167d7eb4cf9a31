// Keys that work anywhere on the page but where one types.

const TYPING = "input:not([type=radio]):not([type=checkbox]), select, textarea";

export function startKeys(ticket) {
  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Escape") {
      document.activeElement?.blur();
      ticket.clear();
    } else if (!event.target.closest?.(TYPING)) {
      const side = { b: "SIDE_BUY", s: "SIDE_SELL" }[event.key.toLowerCase()];
      if (!side) return;
      event.preventDefault();
      ticket.focusOn(side);
    }
  });
}
