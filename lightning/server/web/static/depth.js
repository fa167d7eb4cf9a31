// The depth chart: how much stands within which price, as steps from the middle outwards.

import { colour, translucent } from "./colours.js";
import { decimalsOf, fixed, rounded } from "./format.js";
import { drawSoon } from "./frames.js";
import { t } from "./i18n.js";

const AXIS_PX = 20;
const HEADROOM = 1.12;
const REACH_SHARE = 0.9; // of a side's levels: those far out would press the others together

export class Depth {
  constructor(canvas) {
    this.canvas = canvas;
    this.context = canvas.getContext("2d");
    this.draw = () => this.drawNow();
    this.pointer = null;
    new ResizeObserver(() => drawSoon(this.draw)).observe(canvas);
    canvas.addEventListener("pointermove", (event) => this.point(event.offsetX));
    canvas.addEventListener("pointerleave", () => this.point(null));
    this.recolour();
  }

  show(market) {
    this.market = market;
    this.decimals = { price: decimalsOf(market.symbol.tick), quantity: decimalsOf(market.symbol.lot) };
    drawSoon(this.draw);
  }

  // The style sheet says other colours now.
  recolour() {
    this.colours = null;
    drawSoon(this.draw);
  }

  point(x) {
    this.pointer = x;
    drawSoon(this.draw);
  }

  drawNow() {
    const { canvas, context } = this;
    const [width, height, ratio] = [canvas.clientWidth, canvas.clientHeight, devicePixelRatio];
    if (!this.market || !width || !height) return;
    this.colours ??= coloursOf(canvas);
    fit(canvas, Math.round(width * ratio), Math.round(height * ratio));
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, width, height);
    const view = viewOf(this.market.book, width, height - AXIS_PX);
    if (!view) return;
    context.font = this.colours.font;
    for (const side of ["bids", "asks"]) this.drawSide(view, view[side], this.colours[side]);
    this.drawAxis(view, width, height);
    if (this.pointer !== null) this.drawPointer(view, height);
    this.describe(view);
  }

  drawSide(view, steps, { line, area }) {
    if (!steps.length) return;
    const { context } = this;
    const edge = steps[0].at < view.middle ? 0 : view.width;
    context.beginPath();
    let y = view.height;
    context.moveTo(view.x(steps[0].at), y);
    for (const step of steps) {
      context.lineTo(view.x(step.at), y);
      y = view.y(step.sum);
      context.lineTo(view.x(step.at), y);
    }
    context.lineTo(edge, y);
    context.strokeStyle = line;
    context.lineWidth = 1.5;
    context.stroke();
    context.lineTo(edge, view.height);
    context.lineTo(view.x(steps[0].at), view.height);
    context.fillStyle = area;
    context.fill();
  }

  drawAxis(view, width, height) {
    const { context } = this;
    context.fillStyle = this.colours.line;
    context.fillRect(0, view.height, width, 1);
    context.fillStyle = this.colours.text;
    const places = [[6, "left", view.low], [width / 2, "center", view.middle], [width - 6, "right", view.high]];
    for (const [x, align, price] of places) {
      context.textAlign = align;
      context.fillText(rounded(price, this.decimals.price), x, height - 6);
    }
    context.textAlign = "left";
    for (const share of [0.5, 1]) context.fillText(rounded(view.most * share, 2), 6, view.y(view.most * share) - 3);
  }

  drawPointer(view, height) {
    const { context } = this;
    const price = view.low + (this.pointer / view.width) * (view.high - view.low);
    const sum = sumAt(price < view.middle ? view.bids : view.asks, price, view.middle);
    context.fillStyle = this.colours.text;
    context.fillRect(this.pointer, 0, 1, height - AXIS_PX);
    context.textAlign = this.pointer > view.width / 2 ? "right" : "left";
    const x = this.pointer + (this.pointer > view.width / 2 ? -6 : 6);
    context.fillText(rounded(price, this.decimals.price), x, 12);
    context.fillText(rounded(sum, Math.min(4, this.decimals.quantity)), x, 26);
  }

  describe(view) {
    const words = {
      symbol: this.market.symbol.name,
      bids: rounded(view.bids.at(-1)?.sum ?? 0, 2),
      asks: rounded(view.asks.at(-1)?.sum ?? 0, 2),
      low: fixed(view.low.toFixed(this.decimals.price), this.decimals.price),
      high: fixed(view.high.toFixed(this.decimals.price), this.decimals.price),
    };
    const text = t("depthOf", words);
    // as words twice a second: nobody hears it more often
    if (performance.now() - (this.describedAt ?? 0) < 500) return;
    this.describedAt = performance.now();
    this.canvas.setAttribute("aria-label", text);
  }
}

// canvas : in the document
function coloursOf(canvas) {
  return {
    font: `11px ${getComputedStyle(canvas).fontFamily}`,
    text: colour(canvas, "muted"),
    line: colour(canvas, "line"),
    bids: { line: colour(canvas, "buy"), area: translucent(canvas, "buy", 0.14) },
    asks: { line: colour(canvas, "sell"), area: translucent(canvas, "sell", 0.14) },
  };
}

function fit(canvas, width, height) {
  if (canvas.width !== width) canvas.width = width;
  if (canvas.height !== height) canvas.height = height;
}

// What is drawn of a book, and where: as far from the middle on both sides. Null: an empty book.
function viewOf(book, width, height) {
  const [bids, asks] = [book.bids.all, book.asks.all];
  if (!bids.length && !asks.length) return null;
  const middle = bids.length && asks.length ? (bids[0].at + asks[0].at) / 2 : (bids[0] ?? asks[0]).at;
  const reaches = [bids, asks].filter((side) => side.length).map((side) => reachOf(side, middle));
  const reach = Math.min(...reaches) || Math.max(...reaches) || middle * 0.01;
  const [low, high] = [middle - reach, middle + reach];
  const view = {
    ...{ width, height, middle, low, high },
    bids: stepsOf(bids, low, high),
    asks: stepsOf(asks, low, high),
    x: (price) => ((price - low) / (high - low)) * width,
  };
  view.most = Math.max(view.bids.at(-1)?.sum ?? 0, view.asks.at(-1)?.sum ?? 0) || 1;
  view.y = (sum) => height - (sum / view.most / HEADROOM) * height;
  return view;
}

function reachOf(side, middle) {
  return Math.abs(side[Math.ceil(side.length * REACH_SHARE) - 1].at - middle);
}

function stepsOf(levels, low, high) {
  let sum = 0;
  return levels
    .filter((level) => level.at >= low && level.at <= high)
    .map((level) => ({ at: level.at, sum: (sum += level.amount) }));
}

function sumAt(steps, price, middle) {
  const within = steps.filter((step) => Math.abs(step.at - middle) <= Math.abs(price - middle));
  return within.at(-1)?.sum ?? 0;
}
