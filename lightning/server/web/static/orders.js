// The account's open orders, each with its cancel button, and what came of canceling.

import { Refused, remove } from "./api.js";
import { decimalsOf, fixed } from "./format.js";
import { drawSoon, RowPool, setData, setHidden, setText } from "./frames.js";
import { reasonText, t } from "./i18n.js";

const ROWS_MAX = 200;
const TYPES = {
  ORDER_TYPE_LIMIT: "limit",
  ORDER_TYPE_MARKET: "market",
  ORDER_TYPE_STOP: "stop",
  ORDER_TYPE_STOP_LIMIT: "stopLimit",
  ORDER_TYPE_TRAILING_STOP: "trailingStop",
};

export class Orders {
  // say(text, good) : tells the verdict
  constructor(element, symbols, say) {
    this.symbols = symbols;
    this.say = say;
    this.empty = element.querySelector("#no-orders");
    this.count = document.getElementById("order-count");
    this.pool = new RowPool(element.querySelector("tbody"), () => this.makeRow());
    this.canceling = new Set();
    this.draw = () => this.drawNow();
  }

  show(account) {
    this.account = account;
    drawSoon(this.draw);
  }

  drawNow() {
    const orders = (this.account?.orders ?? []).sort((a, b) => (BigInt(a.order_id) < BigInt(b.order_id) ? 1 : -1));
    setHidden(this.empty, orders.length > 0);
    setText(this.count, orders.length ? String(orders.length) : "");
    this.pool.draw(orders.slice(0, ROWS_MAX), (row, order) => this.drawRow(row, order));
  }

  drawRow(row, order) {
    const symbol = this.symbols.get(order.symbol_id);
    const price = symbol ? decimalsOf(symbol.tick) : 0;
    const quantity = symbol ? decimalsOf(symbol.lot) : 0;
    const buys = order.side === "SIDE_BUY";
    const [name, side, type, at, size, filled, action] = row.children;
    setData(row, "order", order.order_id);
    setData(row, "side", buys ? "buy" : "sell");
    setText(name, symbol?.name ?? String(order.symbol_id));
    setText(side, t(buys ? "buy" : "sell"));
    setText(type, t(TYPES[order.type]));
    setText(at, prices(order, price));
    setText(size, fixed(order.quantity, quantity));
    setText(filled, fixed(order.filled_quantity, quantity));
    const button = action.firstChild;
    setText(button, t("cancel"));
    button.disabled = this.canceling.has(order.order_id);
    const label = t("cancelOrder", { id: order.order_id });
    if (button.getAttribute("aria-label") !== label) button.setAttribute("aria-label", label);
  }

  makeRow() {
    const row = document.createElement("tr");
    row.append(...Array.from({ length: 7 }, () => document.createElement("td")));
    const button = document.createElement("button");
    button.type = "button";
    button.className = "quiet";
    button.addEventListener("click", () => this.cancel(row.dataset.order));
    row.lastChild.append(button);
    return row;
  }

  async cancel(orderId) {
    const account = this.account;
    const order = account.orders.find((one) => one.order_id === orderId);
    if (!order || this.canceling.has(orderId)) return;
    this.canceling.add(orderId);
    drawSoon(this.draw);
    try {
      const path = `/v1/accounts/${account.id}/orders/${orderId}?symbol_id=${order.symbol_id}`;
      this.told(await remove(path), account, order);
    } catch (error) {
      this.say(error instanceof Refused ? reasonText(error.reason, error.message) : t("unanswered"), false);
    } finally {
      this.canceling.delete(orderId);
      drawSoon(this.draw);
    }
  }

  // report : ExecutionReport; a refusal is about the request, not a new state of the order
  told(report, account, order) {
    if (report.order.status === "ORDER_STATUS_CANCELED") {
      account.onReport(report);
      this.say(t("canceled", { id: order.order_id, quantity: fixed(order.leaves_quantity, 0) }), true);
    } else {
      this.say(reasonText(report.reject_reason.replace("REJECT_REASON_", ""), report.reject_message), false);
    }
  }
}

function prices(order, decimals) {
  const stop = order.stop_price ? `⏵ ${fixed(order.stop_price, decimals)}` : "";
  const shown = order.type.includes("LIMIT") ? fixed(order.price, decimals) : "";
  return [stop, shown].filter(Boolean).join(" / ");
}
