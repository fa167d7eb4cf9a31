// Everything public of one symbol, kept up to date; panels draw from it.

import { get } from "./api.js";
import { Applied, Book } from "./book.js";

const BOOK_LEVELS = 100;
const TRADES_KEPT = 100;
const AGAIN_MS = 1_000; // before a read that failed is tried again

export class Market {
  // onChange(part) : "book", "trades", "candles", "tickers"
  constructor(connection, symbol, interval, onChange) {
    this.connection = connection;
    this.symbol = symbol;
    this.onChange = onChange;
    this.book = new Book();
    this.resyncs = 0;
    this.trades = []; // newest first
    this.tradesTold = []; // since the subscription began
    this.open = true;
    this.subscriptions = [
      this.subscribe("book", { levels: BOOK_LEVELS }, () => this.book.reset(), this.onBook),
      this.subscribe("trades", {}, () => this.startTrades(), this.onTrades),
    ];
    this.setInterval(interval);
  }

  close() {
    this.open = false;
    for (const subscription of [...this.subscriptions, this.candleSubscription]) subscription.close();
  }

  subscribe(channel, options, onStart, onMessage) {
    const asked = { channel, symbol_id: this.symbol.symbol_id, ...options };
    return this.connection.subscribe(asked, { onStart, onMessage: onMessage.bind(this) });
  }

  onBook(message) {
    const applied = this.book.apply(message);
    if (applied === Applied.GAP || applied === Applied.CHECKSUM) {
      this.resyncs += 1;
      this.subscriptions[0].restart();
    }
    this.onChange("book");
  }

  startTrades() {
    this.tradesTold = [];
    this.readTrades();
  }

  onTrades(message) {
    this.tradesTold = [...message.trades.slice().reverse(), ...this.tradesTold].slice(0, TRADES_KEPT);
    const last = this.trades[0];
    const first = message.trades[0];
    if (last && first && BigInt(first.trade_id) > BigInt(last.trade_id) + 1n) this.readTrades();
    this.addTrades(message.trades);
  }

  async readTrades() {
    const found = await this.read(`trades?limit=${TRADES_KEPT}`, () => this.readTrades());
    if (!found) return;
    this.trades = [];
    this.addTrades(found.trades);
    this.addTrades(this.tradesTold.slice().reverse());
  }

  // trades : oldest first; what is there already is left as it is
  addTrades(trades) {
    const newest = this.trades.length ? BigInt(this.trades[0].trade_id) : 0n;
    if (trades.every((trade) => BigInt(trade.trade_id) > newest)) {
      this.trades.unshift(...trades.slice().reverse());
    } else {
      const byId = new Map([...this.trades, ...trades].map((trade) => [trade.trade_id, trade]));
      this.trades = [...byId.values()].sort((a, b) => (BigInt(a.trade_id) < BigInt(b.trade_id) ? 1 : -1));
    }
    if (this.trades.length > TRADES_KEPT) this.trades.length = TRADES_KEPT;
    this.onChange("trades");
  }

  // interval : "1s" to "1d"
  setInterval(interval) {
    this.candleSubscription?.close();
    this.interval = interval;
    this.candles = new Map(); // by open time, oldest first
    this.candlesTold = new Map(); // since the subscription began
    this.candleSubscription = this.subscribe(
      "candles",
      { interval },
      () => this.startCandles(),
      this.onCandles,
    );
    this.onChange("candles");
  }

  startCandles() {
    this.candlesTold = new Map();
    this.readCandles();
  }

  async readCandles() {
    const interval = this.interval;
    const found = await this.read(`candles?interval=${interval}&limit=500`, () => this.readCandles());
    if (!found || interval !== this.interval) return;
    const older = new Map(found.candles.map((candle) => [Number(candle.open_time_ms), candle]));
    // what the stream said meanwhile is newer
    this.candles = new Map([...older, ...this.candlesTold].sort(([a], [b]) => a - b));
    this.onChange("candles");
  }

  onCandles(message) {
    if (message.interval !== `CANDLE_INTERVAL_${this.interval.toUpperCase()}`) return;
    for (const candle of message.candles) {
      this.candles.set(Number(candle.open_time_ms), candle);
      this.candlesTold.set(Number(candle.open_time_ms), candle);
    }
    this.onChange("candles");
  }

  // Undefined: it failed, `again` is called later.
  async read(what, again) {
    try {
      return await get(`/v1/symbols/${this.symbol.symbol_id}/${what}`);
    } catch {
      setTimeout(() => this.open && this.connection.live && again(), AGAIN_MS);
      return undefined;
    }
  }
}
