// A book as the page draws it, in a shadow tree of its own: neither sees the other's styles.

import base from "./base.css" with { type: "css" };
import book from "./book.css" with { type: "css" };
import widget from "./widget.css" with { type: "css" };
import { Depth } from "./depth.js";
import { setHidden, setText } from "./frames.js";
import { t } from "./i18n.js";
import { Ladder } from "./ladder.js";
import { Levels } from "./levels.js";
import { followTheme } from "./notebook.js";

const MARKUP = `
  <section class="widget">
    <header><h2></h2><output class="moment"></output></header>
    <div class="panes">
      <div class="pane">
        <div class="columns" aria-hidden="true"><span></span><span></span><span></span></div>
        <div id="ladder" tabindex="0" role="group">
          <div id="asks"></div>
          <div class="spread"><span></span> <output id="spread">–</output> <strong id="symbol-status"></strong></div>
          <div id="bids"></div>
        </div>
      </div>
      <div class="pane"><canvas id="depth" role="img"></canvas></div>
    </div>
    <p class="empty" hidden></p>
  </section>
`;

export class BookView {
  // model : has the traits symbol, book, height, picked
  constructor(model, element) {
    this.model = model;
    element.dataset.lmSuppressShortcuts = "true"; // keys pressed here are not the notebook's
    const shadow = element.attachShadow({ mode: "open" });
    shadow.adoptedStyleSheets = [base, book, widget];
    shadow.innerHTML = MARKUP;
    this.element = shadow.querySelector(".widget");
    this.write(t("book"), [t("price"), t("quantity"), t("sum")]);
    this.ladder = new Ladder(this.find("#ladder"), (price) => this.pick(price));
    this.depth = new Depth(this.find("#depth"));
    this.unfollow = followTheme(element, () => this.depth.recolour());
    this.listeners = { "change:symbol": this.showSymbol, "change:book": this.showBook, "change:height": this.fit };
    for (const [event, listener] of Object.entries(this.listeners)) {
      this.listeners[event] = listener.bind(this);
      model.on(event, this.listeners[event]);
    }
    this.fit();
    this.showSymbol();
  }

  close() {
    for (const [event, listener] of Object.entries(this.listeners)) this.model.off(event, listener);
    this.unfollow();
  }

  find(selector) {
    return this.element.querySelector(selector);
  }

  write(label, columns) {
    this.find("#ladder").setAttribute("aria-label", label);
    this.find("#ladder").title = t("bookHint");
    this.find(".spread span").textContent = t("spread");
    this.find(".empty").textContent = t("noBook");
    columns.forEach((text, place) => (this.find(".columns").children[place].textContent = text));
  }

  fit() {
    this.find(".panes").style.height = `${this.model.get("height")}px`;
  }

  showSymbol() {
    setText(this.find("h2"), this.model.get("symbol").name);
    this.showBook();
  }

  showBook() {
    const { bids, asks, status, moment } = this.model.get("book");
    const market = {
      symbol: this.model.get("symbol"),
      book: { bids: levelsOf(-1, bids), asks: levelsOf(1, asks), status },
    };
    setText(this.find(".moment"), moment);
    setHidden(this.find(".empty"), bids.length + asks.length > 0);
    this.ladder.show(market);
    this.depth.show(market);
  }

  pick(price) {
    this.model.set("picked", price);
    this.model.save_changes();
  }
}

// told : [price, quantity, order_count] of each level, as decimal text, best first
function levelsOf(direction, told) {
  const levels = new Levels(direction);
  for (const [price, quantity, order_count] of told) levels.set({ price, quantity, order_count });
  return levels;
}
