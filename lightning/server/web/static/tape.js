// The trades, newest first.

import { decimalsOf, fixed, timeOfDay } from "./format.js";
import { drawSoon, RowPool, setData, setHidden, setText } from "./frames.js";


export class Tape {
  constructor(element, empty) {
    this.element = element;
    this.empty = empty;
    this.pool = new RowPool(element, makeRow);
    this.draw = () => this.drawNow();
    new ResizeObserver(() => drawSoon(this.draw)).observe(element);
  }

  show(market) {
    this.market = market;
    this.decimals = { price: decimalsOf(market.symbol.tick), quantity: decimalsOf(market.symbol.lot) };
    drawSoon(this.draw);
  }

  drawNow() {
    if (!this.market) return;
    const { trades } = this.market;
    const row = this.pool.rows[0]?.offsetHeight || this.element.clientHeight;
    const count = Math.max(1, Math.floor(this.element.clientHeight / row) || 1);
    setHidden(this.empty, trades.length > 0);
    this.pool.draw(trades.slice(0, count), (row, trade) => {
      setData(row, "side", trade.taker_side === "SIDE_BUY" ? "buy" : "sell");
      const [price, quantity, time] = row.children;
      setText(price, fixed(trade.price, this.decimals.price));
      setText(quantity, fixed(trade.quantity, this.decimals.quantity));
      setText(time, timeOfDay(trade.time_ns));
    });
  }
}

function makeRow() {
  const row = document.createElement("div");
  row.className = "trade";
  row.setAttribute("role", "listitem");
  row.append(...["price", "quantity", "time"].map((name) => {
    const cell = document.createElement("span");
    cell.className = name;
    return cell;
  }));
  return row;
}
