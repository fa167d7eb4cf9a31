// The bar above: the ticker of the symbol, and how the connection is.

import { compact, decimalsOf, fixed, percent } from "./format.js";
import { drawSoon, setData, setText } from "./frames.js";
import { t } from "./i18n.js";

const RATE_MS = 1_000;

export class Header {
  constructor(element) {
    const find = (id) => element.querySelector(`#${id}`);
    this.parts = Object.fromEntries(["last", "change", "high", "low", "volume", "trades"].map((id) => [id, find(id)]));
    this.connection = find("connection");
    this.state = find("connection-state");
    this.detail = find("connection-detail");
    this.resyncs = find("resyncs");
    this.tickers = new Map();
    this.told = { state: "connecting", until: 0 };
    this.draw = () => this.drawNow();
    setInterval(() => this.tick(), RATE_MS);
  }

  show(market) {
    this.market = market;
    drawSoon(this.draw);
  }

  // message : SubscribeTickersResponse
  onTickers(message) {
    for (const ticker of message.tickers) this.tickers.set(ticker.symbol_id, ticker);
    drawSoon(this.draw);
  }

  onConnection(state, retryMs) {
    this.told = { state, until: Date.now() + retryMs };
    this.drawConnection();
  }

  // connection : counts its messages
  watch(connection) {
    this.watched = connection;
    this.counted = 0;
    this.rate = 0;
  }

  tick() {
    if (this.watched) {
      this.rate = this.watched.messages - this.counted;
      this.counted = this.watched.messages;
    }
    this.drawConnection();
  }

  drawConnection() {
    const { state, until } = this.told;
    setData(this.connection, "state", state);
    setText(this.state, t(state));
    const seconds = Math.max(1, Math.ceil((until - Date.now()) / 1000));
    const details = {
      live: () => t("rate", { count: fixed(String(this.rate ?? 0), 0) }),
      waiting: () => t("retryIn", { seconds }),
      connecting: () => "",
    };
    setText(this.detail, details[state]());
    const resyncs = this.market?.resyncs ?? 0;
    setText(this.resyncs, resyncs ? t("resyncs", { count: resyncs }) : "");
  }

  drawNow() {
    if (!this.market) return;
    const { symbol, trades } = this.market;
    const ticker = this.tickers.get(symbol.symbol_id);
    const decimals = decimalsOf(symbol.tick);
    const last = ticker?.last_price || trades[0]?.price || "";
    setText(this.parts.last, fixed(last, decimals));
    setText(this.parts.change, percent(ticker?.open_price, last));
    setData(this.parts.change, "side", Number(last) >= Number(ticker?.open_price ?? 0) ? "buy" : "sell");
    setText(this.parts.high, fixed(ticker?.high_price, decimals));
    setText(this.parts.low, fixed(ticker?.low_price, decimals));
    setText(this.parts.volume, compact(ticker?.volume));
    setText(this.parts.trades, fixed(ticker?.trade_count, 0));
    document.title = last ? `${fixed(last, decimals)} ${symbol.name} · Lightning` : `${symbol.name} · Lightning`;
  }
}
