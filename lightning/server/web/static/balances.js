// The account's balances.

import { plain } from "./format.js";
import { drawSoon, RowPool, setData, setHidden, setText } from "./frames.js";
import { t } from "./i18n.js";

export class Balances {
  constructor(element, currencies) {
    this.currencies = currencies;
    this.empty = element.querySelector("#no-balances");
    this.pool = new RowPool(element.querySelector("tbody"), makeRow);
    this.draw = () => this.drawNow();
  }

  show(account) {
    this.account = account;
    drawSoon(this.draw);
  }

  drawNow() {
    const balances = [...(this.account?.balances.values() ?? [])].sort((a, b) => a.currency_id - b.currency_id);
    setHidden(this.empty, balances.length > 0);
    this.pool.draw(balances, (row, balance) => {
      const name = this.currencies.get(balance.currency_id)?.name ?? String(balance.currency_id);
      setData(row, "currency", name);
      const [currency, available, held] = row.children;
      setText(currency, name);
      setText(available, plain(balance.available));
      setText(held, plain(balance.held));
      const total = `${t("total")} ${plain(balance.total)} ${name}`;
      if (row.title !== total) row.title = total;
    });
  }
}

function makeRow() {
  const row = document.createElement("tr");
  const heading = document.createElement("th");
  heading.scope = "row";
  row.append(heading, ...Array.from({ length: 2 }, () => document.createElement("td")));
  return row;
}
