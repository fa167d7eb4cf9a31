// The order ticket: what is typed becomes a PlaceOrderRequest, and the verdict is said.

import { post, Unanswered } from "./api.js";
import { decimalsOf, plain, rounded, typed } from "./format.js";
import { drawSoon, setData, setHidden, setText } from "./frames.js";
import { t } from "./i18n.js";
import { ofError, ofReport } from "./verdict.js";

// Which fields a type has, and those that must be filled in.
const FIELDS = {
  LIMIT: ["price", "time_in_force", "post_only"],
  MARKET: ["by"],
  STOP: ["stop_price"],
  STOP_LIMIT: ["stop_price", "price", "time_in_force", "post_only"],
  TRAILING_STOP: ["trail_amount"],
};
const CHANGING = ["price", "stop_price", "trail_amount", "time_in_force", "post_only", "by", "expires"];
const RESTING = ["GTC", "GTD"];
const HOUR_MS = 3_600_000;

export class Ticket {
  constructor(form, verdict) {
    this.form = form;
    this.verdict = verdict;
    this.fields = form.elements;
    this.sending = false;
    this.live = false;
    this.unanswered = null; // {content, id}: an order of which nobody knows whether it was placed
    this.draw = () => this.drawNow();
    form.addEventListener("input", (event) => {
      event.target.removeAttribute("aria-invalid");
      drawSoon(this.draw);
    });
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.send();
    });
  }

  show(market, account) {
    this.market = market;
    this.account = account;
    drawSoon(this.draw);
  }

  setLive(live) {
    this.live = live;
    drawSoon(this.draw);
  }

  get type() {
    return this.fields.type.value;
  }

  get buys() {
    return this.fields.side.value === "SIDE_BUY";
  }

  get shownFields() {
    const shown = new Set(FIELDS[this.type]);
    if (!this.buys) shown.delete("by");
    if (shown.has("time_in_force")) {
      if (!RESTING.includes(this.fields.time_in_force.value)) shown.delete("post_only");
      if (this.fields.time_in_force.value === "GTD") shown.add("expires");
    }
    return shown;
  }

  get spends() {
    return this.shownFields.has("by") && this.fields.by.value === "money";
  }

  drawNow() {
    const { symbol, base, quote } = this.market ?? {};
    if (!symbol) return;
    const shown = this.shownFields;
    for (const name of CHANGING) setHidden(document.getElementById(`field-${name}`), !shown.has(name));
    if (shown.has("expires") && !this.fields.expires.value) this.fields.expires.value = inAnHour();
    setData(this.form, "side", this.buys ? "buy" : "sell");
    for (const name of ["price", "stop_price", "trail_amount"]) this.unit(name, quote);
    this.unit("quantity", this.spends ? quote : base);
    setText(document.getElementById("label-quantity"), t(this.spends ? "spend" : "quantity"));
    const pays = this.buys ? quote : base;
    const balance = this.account?.balances.get(pays.currency_id);
    setText(document.getElementById("available"), `${plain(balance?.available ?? "0")} ${pays.name}`);
    setText(document.getElementById("notional"), this.notional(symbol, quote));
    this.drawSubmit(base);
  }

  drawSubmit(base) {
    const button = document.getElementById("submit");
    const text = this.sending ? t("sending") : t("submit", { side: t(this.buys ? "buy" : "sell"), base: base.name });
    setText(button, this.live ? text : t("offline"));
    button.disabled = this.sending || !this.live;
  }

  unit(name, currency) {
    setText(document.getElementById(`unit-${name}`), currency.name);
  }

  notional(symbol, quote) {
    const prices = { LIMIT: "price", STOP_LIMIT: "price", STOP: "stop_price" };
    const price = Number(prices[this.type] ? this.fields[prices[this.type]].value : this.market.trades[0]?.price);
    const amount = this.spends ? Number(this.fields.quantity.value) : price * Number(this.fields.quantity.value);
    return amount ? `${rounded(amount, Math.min(8, decimalsOf(symbol.tick)))} ${quote.name}` : `0 ${quote.name}`;
  }

  // A price of the ladder.
  fill(price) {
    const name = this.shownFields.has("price") ? "price" : "stop_price";
    if (!this.shownFields.has(name)) return;
    this.fields[name].value = typed(price);
    this.fields[name].removeAttribute("aria-invalid");
    drawSoon(this.draw);
    this.fields.quantity.focus();
    this.fields.quantity.select();
  }

  focusOn(side) {
    this.fields.side.value = side;
    drawSoon(this.draw);
    const first = this.shownFields.has("price") && !this.fields.price.value ? "price" : "quantity";
    this.fields[first].focus();
    this.fields[first].select();
  }

  async send() {
    if (this.sending || !this.live) return;
    const { symbol } = this.market;
    const account = this.account;
    const content = this.request(symbol, account);
    this.sending = true;
    this.drawNow();
    try {
      const report = await post("/v1/orders", { ...content, client_order_id: this.idOf(content) });
      this.unanswered = null;
      account.onReport(report);
      this.judged(ofReport(report, symbol));
    } catch (error) {
      if (!(error instanceof Unanswered)) this.unanswered = null;
      this.judged(ofError(error, this.labels()));
    } finally {
      this.sending = false;
      drawSoon(this.draw);
    }
  }

  // An order that was not answered keeps its id while it is the same: placed at most once.
  idOf(content) {
    const text = JSON.stringify(content);
    if (this.unanswered?.text !== text) this.unanswered = { text, id: freshId() };
    return this.unanswered.id;
  }

  request(symbol, account) {
    const { fields, shownFields: shown } = this;
    const request = {
      account_id: account.id,
      symbol_id: symbol.symbol_id,
      side: fields.side.value,
      type: `ORDER_TYPE_${this.type}`,
      [this.spends ? "quote_quantity" : "quantity"]: fields.quantity.value.trim(),
    };
    for (const name of ["price", "stop_price", "trail_amount"]) {
      if (shown.has(name)) request[name] = fields[name].value.trim();
    }
    if (shown.has("time_in_force")) request.time_in_force = `TIME_IN_FORCE_${fields.time_in_force.value}`;
    if (shown.has("expires")) request.expire_time_ms = String(Date.parse(fields.expires.value) || 0);
    if (shown.has("post_only")) request.post_only = fields.post_only.checked;
    return request;
  }

  labels() {
    return {
      price: t("price"),
      quantity: t("quantity"),
      quote_quantity: t("spend"),
      stop_price: t("stopPrice"),
      trail_amount: t("trailAmount"),
      expire_time_ms: t("expires"),
      account_id: t("account"),
    };
  }

  judged({ text, good, fields }) {
    this.say(text, good);
    const inputs = fields.map((name) => this.inputOf(name)).filter(Boolean);
    for (const input of inputs) input.setAttribute("aria-invalid", "true");
    inputs[0]?.focus();
  }

  inputOf(name) {
    const inputs = { quote_quantity: "quantity", expire_time_ms: "expires" };
    if (name === "account_id") return document.getElementById("account");
    return this.fields[inputs[name] ?? name];
  }

  say(text, good) {
    setText(this.verdict, text);
    setData(this.verdict, "good", String(good));
  }

  clear() {
    this.say("", true);
    for (const field of this.form.querySelectorAll("[aria-invalid]")) field.removeAttribute("aria-invalid");
  }
}

// Fits what JSON numbers hold, and meets no other by chance.
function freshId() {
  const [high, low] = crypto.getRandomValues(new Uint32Array(2));
  return String((high & 0x1fffff) * 2 ** 32 + low || 1);
}

// As <input type="datetime-local"> has it.
function inAnHour() {
  const now = new Date(Date.now() + HOUR_MS);
  return new Date(now - now.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}
