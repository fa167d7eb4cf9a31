// One WebSocket that comes back by itself, and what is subscribed to over it.

const RETRY_MS_MIN = 250;
const RETRY_MS_MAX = 5_000;
const QUIET_MS_MAX = 12_000; // the server says something at least every 5 s
const CHECK_MS = 1_000;
const AGAIN_MS = 500; // before what the server ended is asked for again

export class Connection {
  // onState(state, retryMs) : "connecting", "live", "waiting" (until the next attempt)
  constructor(url, onState) {
    this.url = url;
    this.onState = onState;
    this.messages = 0;
    this.subscriptions = new Map();
    this.requests = new Map();
    this.lastId = 0;
    this.failures = 0;
    setInterval(() => this.check(), CHECK_MS);
    addEventListener("online", () => this.retryNow());
    document.addEventListener("visibilitychange", () => document.hidden || this.retryNow());
    this.open();
  }

  // asked : {channel, symbol_id | account_id, ...}
  // handlers : onStart() whenever it is asked for anew, onSubscribed(), onMessage(message), onError({status, message})
  subscribe(asked, handlers) {
    const subscription = new Subscription(this, asked, handlers);
    this.subscriptions.set(subscription.key, subscription);
    subscription.start();
    return subscription;
  }

  open() {
    clearTimeout(this.retry);
    this.onState("connecting", 0);
    this.heard = Date.now();
    const socket = new WebSocket(this.url);
    this.socket = socket;
    socket.onopen = () => this.opened();
    socket.onmessage = (event) => socket === this.socket && this.received(event.data);
    socket.onclose = () => socket === this.socket && this.lost();
  }

  get live() {
    return this.socket?.readyState === WebSocket.OPEN;
  }

  opened() {
    this.failures = 0;
    this.heard = Date.now();
    this.onState("live", 0);
    for (const subscription of this.subscriptions.values()) subscription.start();
  }

  lost() {
    this.socket = null;
    this.requests.clear();
    const most = Math.min(RETRY_MS_MAX, RETRY_MS_MIN * 2 ** this.failures);
    const wait = Math.round(most * (0.75 + Math.random() / 4)); // not all pages at once
    this.failures += 1;
    this.onState("waiting", wait);
    this.retry = setTimeout(() => this.open(), wait);
  }

  retryNow() {
    if (this.socket === null) this.open();
  }

  check() {
    if (this.socket === null || Date.now() - this.heard < QUIET_MS_MAX) return;
    const silent = this.socket;
    this.lost();
    silent.close();
  }

  send(request, subscription) {
    if (!this.live) return;
    this.lastId += 1;
    this.requests.set(this.lastId, subscription);
    this.socket.send(JSON.stringify({ ...request, id: this.lastId }));
  }

  received(data) {
    this.heard = Date.now();
    this.messages += 1;
    const told = JSON.parse(data);
    if (told.op === undefined) this.subscriptions.get(keyOf(told))?.handlers.onMessage(told.message);
    else if (told.op === "error") this.refused(told);
    else if (told.op === "ended") this.ended(told);
    else this.answered(told);
  }

  answered(told) {
    const subscription = this.requests.get(told.id);
    this.requests.delete(told.id);
    if (subscription?.open && told.op === "subscribed") subscription.handlers.onSubscribed?.();
  }

  refused(told) {
    const subscription = this.requests.get(told.id);
    this.requests.delete(told.id);
    if (subscription?.open) subscription.handlers.onError?.(told);
  }

  ended(told) {
    const subscription = this.subscriptions.get(keyOf(told));
    if (subscription) setTimeout(() => subscription.start(), AGAIN_MS);
  }
}

class Subscription {
  constructor(connection, asked, handlers) {
    this.connection = connection;
    this.asked = asked;
    this.handlers = handlers;
    this.key = keyOf(asked);
    this.open = true;
  }

  start() {
    if (!this.open || !this.connection.live) return;
    this.handlers.onStart?.();
    this.connection.send({ op: "subscribe", ...this.asked }, this);
  }

  restart() {
    this.connection.send({ op: "unsubscribe", ...this.asked }, null);
    this.start();
  }

  close() {
    this.open = false;
    if (this.connection.subscriptions.get(this.key) === this) this.connection.subscriptions.delete(this.key);
    this.connection.send({ op: "unsubscribe", ...this.asked }, null);
  }
}

// At most one of a channel for a symbol, or an account, at a time.
function keyOf({ channel, symbol_id, account_id }) {
  return [channel, symbol_id, account_id].map((part) => part ?? "").join(":");
}
