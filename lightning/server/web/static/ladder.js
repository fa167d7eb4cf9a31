// The price ladder: asks above, bids below, the spread between; a level's bar is all that stands before it.

import { drawSoon, setData, setHidden, setText } from "./frames.js";
import { decimalsOf, fixed, NONE, rounded } from "./format.js";
import { t } from "./i18n.js";

const ROWS_MAX = 40; // of each side

export class Ladder {
  // onPick(price) : a level was chosen
  constructor(element, onPick) {
    this.element = element;
    this.onPick = onPick;
    this.asks = makeRows(element.querySelector("#asks"));
    this.bids = makeRows(element.querySelector("#bids"));
    this.spread = element.querySelector("#spread");
    this.status = element.querySelector("#symbol-status");
    this.own = new Set();
    this.draw = () => this.drawNow();
    element.addEventListener("click", (event) => this.pick(event.target.closest(".level")));
    element.addEventListener("keydown", (event) => this.move(event));
    new ResizeObserver(() => drawSoon(this.draw)).observe(element);
  }

  show(market) {
    this.market = market;
    this.decimals = { price: decimalsOf(market.symbol.tick), quantity: decimalsOf(market.symbol.lot) };
    drawSoon(this.draw);
  }

  // own : prices of the account's own orders
  mark(own) {
    this.own = own;
    drawSoon(this.draw);
  }

  drawNow() {
    if (!this.market) return;
    const { bids, asks, status } = this.market.book;
    const count = this.rowsThatFit();
    const shownAsks = withSums(asks.best(count));
    const shownBids = withSums(bids.best(count));
    const most = Math.max(shownAsks.at(-1)?.sum ?? 0, shownBids.at(-1)?.sum ?? 0);
    this.drawSide(this.asks, shownAsks, count, most);
    this.drawSide(this.bids, shownBids, count, most);
    const [bid, ask] = [bids.all[0], asks.all[0]];
    setText(this.spread, bid && ask ? rounded(ask.at - bid.at, this.decimals.price) : NONE);
    const halted = status && status !== "SYMBOL_STATUS_TRADING" && status !== "SYMBOL_STATUS_UNSPECIFIED";
    setText(this.status, halted ? t(`status_${status}`) : "");
  }

  // Of each side.
  rowsThatFit() {
    const room = this.element.clientHeight - this.spread.parentElement.offsetHeight;
    const fitting = Math.floor(room / 2 / this.bids[0].element.offsetHeight);
    return Math.max(1, Math.min(ROWS_MAX, fitting || 1));
  }

  drawSide(rows, levels, count, most) {
    rows.forEach((row, place) => {
      const level = levels[place];
      setHidden(row.element, place >= count);
      setData(row.element, "price", level?.price ?? "");
      setData(row.element, "own", String(level !== undefined && this.own.has(level.price)));
      setText(row.price, level ? fixed(level.price, this.decimals.price) : "");
      setText(row.quantity, level ? fixed(level.quantity, this.decimals.quantity) : "");
      setText(row.sum, level ? rounded(level.sum, this.decimals.quantity) : "");
      const scale = level && most ? (level.sum / most).toFixed(3) : "0";
      if (row.scale !== scale) row.bar.style.transform = `scaleX(${(row.scale = scale)})`;
    });
  }

  pick(row) {
    if (row?.dataset.price) this.onPick(row.dataset.price);
  }

  // Arrow keys walk the levels as they stand on the screen.
  move(event) {
    const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const rows = [...this.asks.slice().reverse(), ...this.bids].map((row) => row.element);
    const filled = rows.filter((row) => !row.hidden && row.dataset.price);
    const place = filled.indexOf(this.element.getRootNode().activeElement);
    const next = place < 0 ? filled.find((row) => row.parentElement.id === "bids") : filled[place + step];
    next?.focus();
  }
}

function makeRows(parent) {
  const rows = Array.from({ length: ROWS_MAX }, makeRow);
  parent.append(...rows.map((row) => row.element));
  return rows;
}

function makeRow() {
  const element = document.createElement("button");
  element.type = "button";
  element.className = "level";
  element.tabIndex = -1;
  const [bar, price, quantity, sum] = ["bar", "price", "quantity", "sum"].map((name) => {
    const part = document.createElement("span");
    part.className = name;
    return part;
  });
  element.append(bar, price, quantity, sum);
  return { element, bar, price, quantity, sum, scale: "" };
}

function withSums(levels) {
  let sum = 0;
  return levels.map((level) => ({ ...level, sum: (sum += level.amount) }));
}
