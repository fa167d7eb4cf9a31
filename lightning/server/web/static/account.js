// Everything of one account, kept up to date: its open orders and balances.

import { get } from "./api.js";

const AGAIN_MS = 3_000; // an account that is not there may come; a read that failed may succeed
const REPORTS_MAX = 2_000; // then those of closed orders are forgotten
const OPEN = ["ORDER_STATUS_NEW", "ORDER_STATUS_PARTIALLY_FILLED", "ORDER_STATUS_PENDING"];

export class Account {
  constructor(connection, id, onChange) {
    this.id = id;
    this.connection = connection;
    this.onChange = onChange;
    this.open = true;
    this.seq = null;
    this.known = null; // not yet told; false: there is no such account
    this.shown = nothing();
    this.coming = null; // while it is read anew: what will be shown
    this.subscription = connection.subscribe(
      { channel: "account", account_id: id },
      {
        onStart: () => this.begin(),
        onSubscribed: () => this.readAll(),
        onMessage: (event) => this.onEvent(event),
        onError: (error) => this.onError(error),
      },
    );
  }

  close() {
    this.open = false;
    clearTimeout(this.retry);
    this.subscription.close();
  }

  get orders() {
    return [...this.shown.reports.values()].map((one) => one.order).filter(isOpen);
  }

  get balances() {
    return this.shown.balances;
  }

  begin() {
    this.seq = null;
    this.coming = nothing();
  }

  async readAll() {
    try {
      const [account, listed] = await Promise.all([
        get(`/v1/accounts/${this.id}`),
        get(`/v1/accounts/${this.id}/orders?open_only=true&page_size=1000`),
      ]);
      this.known = true;
      for (const balance of account.balances) this.setBalance(balance, account.seq);
      // what was told meanwhile is newer
      for (const order of listed.orders) this.latest.reports.has(order.order_id) || this.setOrder(order, "0");
      this.shown = this.latest;
      this.coming = null;
    } catch (error) {
      if (error.code === 404) this.unknown();
      this.later(() => this.readAll());
    }
    this.onChange();
  }

  onError(error) {
    if (error.status === "NOT_FOUND") this.unknown();
    this.later(() => this.subscription.start());
    this.onChange();
  }

  unknown() {
    this.known = false;
    this.shown = nothing();
  }

  // event : AccountEvent
  onEvent(event) {
    if (this.seq !== null && event.previous_seq !== this.seq) return this.subscription.restart();
    this.seq = event.seq;
    this.known = true;
    for (const report of event.reports) this.setOrder(report.order, report.seq);
    for (const balance of event.balances) this.setBalance(balance, event.seq);
    this.onChange();
    return undefined;
  }

  // report : ExecutionReport, the answer to a request
  onReport(report) {
    this.setOrder(report.order, report.seq);
    this.onChange();
  }

  get latest() {
    return this.coming ?? this.shown;
  }

  setOrder(order, seq) {
    const { reports } = this.latest;
    const known = reports.get(order.order_id);
    if (known && BigInt(known.seq) > BigInt(seq)) return;
    reports.set(order.order_id, { order, seq });
    if (reports.size > REPORTS_MAX) {
      for (const [id, one] of reports) isOpen(one.order) || reports.delete(id);
    }
  }

  setBalance(balance, seq) {
    const { balances } = this.latest;
    const known = balances.get(balance.currency_id);
    if (known && BigInt(known.seq) > BigInt(seq)) return;
    balances.set(balance.currency_id, { ...balance, seq });
  }

  later(action) {
    clearTimeout(this.retry);
    this.retry = setTimeout(() => this.open && this.connection.live && action(), AGAIN_MS);
  }
}

function nothing() {
  return { reports: new Map(), balances: new Map() };
}

function isOpen(order) {
  return OPEN.includes(order.status);
}
