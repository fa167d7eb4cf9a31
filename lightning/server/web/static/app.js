// The page put together.

import { Account } from "./account.js";
import { get } from "./api.js";
import { Balances } from "./balances.js";
import { Candles } from "./candles.js";
import { Depth } from "./depth.js";
import { drawSoon, setData, setHidden } from "./frames.js";
import { Header } from "./header.js";
import { onLanguage, switchLanguage, translatePage } from "./i18n.js";
import { startKeys } from "./keys.js";
import { Ladder } from "./ladder.js";
import { Market } from "./market.js";
import { Orders } from "./orders.js";
import { remember, remembered } from "./settings.js";
import { Connection } from "./socket.js";
import { Tape } from "./tape.js";
import { onTheme, startTheme } from "./theme.js";
import { Ticket } from "./ticket.js";

const AGAIN_MS = 1_000;
const INTERVALS = ["1s", "1m", "5m", "15m", "1h", "4h", "1d"];

const find = (id) => document.getElementById(id);

class Page {
  constructor() {
    this.symbols = new Map();
    this.currencies = new Map();
    this.interval = remembered("interval", "1m");
    if (!INTERVALS.includes(this.interval)) this.interval = "1m";
    this.header = new Header(find("bar"));
    this.ticket = new Ticket(find("ticket"), find("verdict"));
    this.ladder = new Ladder(find("ladder"), (price) => this.ticket.fill(price));
    this.depth = new Depth(find("depth"));
    this.tape = new Tape(find("tape"), find("no-trades"));
    this.candles = new Candles(find("candles"), find("legend"));
    this.orders = new Orders(find("orders"), this.symbols, (text, good) => this.ticket.say(text, good));
    this.balances = new Balances(find("balances"), this.currencies);
    this.panelsOf = {
      book: [this.ladder, this.depth],
      trades: [this.tape, this.header, this.ticket],
      candles: [this.candles],
    };
    this.listen();
  }

  listen() {
    startTheme(find("theme"));
    startKeys(this.ticket);
    onTheme(() => [this.depth, this.candles].forEach((panel) => panel.recolour()));
    find("language").addEventListener("click", switchLanguage);
    onLanguage(() => this.redraw());
    find("symbol").addEventListener("change", (event) => this.chooseSymbol(Number(event.target.value)));
    find("account").addEventListener("change", (event) => this.chooseAccount(event.target.value));
    find("intervals").addEventListener("change", (event) => this.chooseInterval(event.target.value));
  }

  async start() {
    translatePage();
    find("account").value = remembered("account", "1");
    for (const radio of document.getElementsByName("interval")) radio.checked = radio.value === this.interval;
    const scheme = location.protocol === "https:" ? "wss:" : "ws:";
    this.connection = new Connection(`${scheme}//${location.host}/v1/stream`, (state, retryMs) =>
      this.onConnection(state, retryMs),
    );
    this.header.watch(this.connection);
    this.connection.subscribe(
      { channel: "tickers" },
      { onMessage: (message) => this.header.onTickers(message) },
    );
  }

  async onConnection(state, retryMs) {
    setData(document.body, "connection", state);
    this.header.onConnection(state, retryMs);
    this.ticket.setLive(state === "live");
    if (state !== "live") return this.drawStale();
    return this.readCatalog();
  }

  // At each connection: the server may be another one by now.
  async readCatalog() {
    try {
      const [symbols, currencies] = await Promise.all([get("/v1/symbols"), get("/v1/currencies")]);
      replace(this.symbols, symbols.symbols, "symbol_id");
      replace(this.currencies, currencies.currencies, "currency_id");
    } catch {
      setTimeout(() => this.connection.live && this.readCatalog(), AGAIN_MS);
      return;
    }
    fillSelect(find("symbol"), [...this.symbols.values()]);
    const wanted = this.market?.symbol.symbol_id ?? Number(remembered("symbol", "0"));
    this.chooseSymbol(this.symbols.has(wanted) ? wanted : this.symbols.keys().next().value);
    if (!this.account) this.chooseAccount(find("account").value);
  }

  chooseSymbol(id) {
    const symbol = this.symbols.get(id);
    find("symbol").value = String(id);
    if (!symbol || JSON.stringify(symbol) === JSON.stringify(this.market?.symbol)) return;
    remember("symbol", String(id));
    this.market?.close();
    this.market = new Market(this.connection, symbol, this.interval, (part) => this.onMarket(part));
    this.market.base = this.currencies.get(symbol.base_currency_id);
    this.market.quote = this.currencies.get(symbol.quote_currency_id);
    this.redraw();
  }

  chooseInterval(interval) {
    this.interval = interval;
    remember("interval", interval);
    this.market?.setInterval(interval);
  }

  chooseAccount(text) {
    const valid = /^[1-9][0-9]{0,17}$/.test(text.trim());
    find("account").setAttribute("aria-invalid", String(!valid));
    if (!valid || text.trim() === this.account?.id) return;
    remember("account", text.trim());
    this.account?.close();
    this.account = new Account(this.connection, text.trim(), () => this.onAccount());
    this.onAccount();
  }

  onMarket(part) {
    for (const panel of this.panelsOf[part]) drawSoon(panel.draw);
    if (part === "book") this.drawStale();
  }

  onAccount() {
    this.orders.show(this.account);
    this.balances.show(this.account);
    this.ticket.show(this.market, this.account);
    setHidden(find("account-note"), this.account.known !== false);
    this.markOwn();
  }

  markOwn() {
    const orders = this.account?.orders ?? [];
    const here = orders.filter((order) => order.symbol_id === this.market?.symbol.symbol_id);
    const resting = here.filter((order) => order.status !== "ORDER_STATUS_PENDING");
    this.ladder.mark(new Set(resting.map((order) => order.price)));
  }

  redraw() {
    if (!this.market) return;
    for (const panel of [this.ladder, this.depth, this.tape, this.candles, this.header]) panel.show(this.market);
    this.candles.recolour();
    this.header.drawConnection();
    this.ticket.show(this.market, this.account);
    if (this.account) this.onAccount();
    this.drawStale();
  }

  // What is shown may be old: no connection, or no snapshot yet.
  drawStale() {
    setData(document.body, "stale", String(!(this.connection?.live && this.market?.book.ready)));
  }
}

function replace(map, items, key) {
  map.clear();
  for (const item of items) map.set(item[key], item);
}

function fillSelect(select, symbols) {
  select.replaceChildren(...symbols.map(({ symbol_id, name }) => new Option(name, String(symbol_id))));
}

new Page().start();
