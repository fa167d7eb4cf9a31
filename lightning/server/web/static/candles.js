// Candles with volume, drawn by Lightweight Charts.

import { colour, translucent } from "./colours.js";
import { decimalsOf, fixed, plain, rounded } from "./format.js";
import { drawSoon, setText } from "./frames.js";
import { currentLanguage, t } from "./i18n.js";

const { LightweightCharts } = window;
const VOLUME_SHARE = 0.2;

export class Candles {
  constructor(element, legend) {
    this.element = element;
    this.legend = legend;
    this.chart = LightweightCharts.createChart(element, { autoSize: true });
    this.candles = this.chart.addSeries(LightweightCharts.CandlestickSeries, { borderVisible: false });
    this.volume = this.chart.addSeries(LightweightCharts.HistogramSeries, volumeOptions());
    this.volume.priceScale().applyOptions({ scaleMargins: { top: 1 - VOLUME_SHARE, bottom: 0 } });
    this.candles.priceScale().applyOptions({ scaleMargins: { top: 0.12, bottom: VOLUME_SHARE + 0.05 } });
    this.chart.subscribeCrosshairMove((event) => this.point(event));
    this.drawn = new Map(); // open time to what was drawn of it
    this.draw = () => this.drawNow();
    this.recolour();
  }

  show(market) {
    this.market = market;
    this.shownInterval = null;
    this.decimals = decimalsOf(market.symbol.tick);
    const priceFormat = { type: "price", precision: this.decimals, minMove: Number(market.symbol.tick) };
    this.candles.applyOptions({ priceFormat });
    drawSoon(this.draw);
  }

  recolour() {
    const priceFormatter = (price) => rounded(price, this.decimals ?? 0);
    const { element } = this;
    const [buy, sell, line] = ["buy", "sell", "line"].map((name) => colour(element, name));
    this.colours = { up: translucent(element, "buy", 0.35), down: translucent(element, "sell", 0.35) };
    this.chart.applyOptions({
      layout: {
        background: { color: "transparent" },
        textColor: colour(element, "muted"),
        fontFamily: getComputedStyle(document.body).fontFamily,
        fontSize: 11,
      },
      grid: { vertLines: { color: line }, horzLines: { color: line } },
      rightPriceScale: { borderColor: line },
      timeScale: { borderColor: line, rightOffset: 4 },
      localization: { locale: currentLanguage(), timeFormatter: (time) => localTime(time, "full"), priceFormatter },
    });
    this.candles.applyOptions({ upColor: buy, downColor: sell, wickUpColor: buy, wickDownColor: sell });
    this.drawn.clear();
    drawSoon(this.draw);
  }

  drawNow() {
    if (!this.market) return;
    const { candles, interval } = this.market;
    const [last, previous] = [lastOf(this.drawn), lastOf(candles)];
    const begins = this.shownInterval !== interval || !this.drawn.size || !candles.size || previous < last;
    if (begins || this.isRewritten(candles)) this.drawAll(candles, interval);
    else this.drawNew(candles, last);
    this.drawn = new Map(candles);
    this.latest = candles.get(previous);
    if (!this.pointed) this.tell(this.latest);
  }

  // Anything before the last one that was drawn is other than it was?
  isRewritten(candles) {
    if (candles.size < this.drawn.size) return true;
    const last = lastOf(this.drawn);
    for (const [time, candle] of candles) {
      if (time >= last) return false;
      if (this.drawn.get(time) !== candle) return true;
    }
    return false;
  }

  drawAll(candles, interval) {
    const all = [...candles];
    this.candles.setData(all.map(([time, candle]) => bar(time, candle)));
    this.volume.setData(all.map(([time, candle]) => this.column(time, candle)));
    if (this.shownInterval !== interval) {
      const seconds = interval === "1s";
      this.chart.timeScale().applyOptions({
        timeVisible: interval !== "1d",
        secondsVisible: seconds,
        tickMarkFormatter: (time, kind) => localTime(time, kind),
      });
      this.chart.timeScale().resetTimeScale();
      this.shownInterval = interval;
    }
  }

  drawNew(candles, last) {
    for (const [time, candle] of candles) {
      if (time < last || this.drawn.get(time) === candle) continue;
      this.candles.update(bar(time, candle));
      this.volume.update(this.column(time, candle));
    }
  }

  column(time, candle) {
    const color = Number(candle.close) >= Number(candle.open) ? this.colours.up : this.colours.down;
    return { time: time / 1000, value: Number(candle.volume), color };
  }

  point(event) {
    const found = event.time === undefined ? undefined : this.market?.candles.get(event.time * 1000);
    this.pointed = found !== undefined;
    this.tell(found ?? this.latest);
  }

  tell(candle) {
    const { symbol, interval } = this.market;
    const price = candle ? fixed(candle.close, this.decimals) : "";
    const [open, high, low] = candle
      ? [candle.open, candle.high, candle.low].map((text) => fixed(text, this.decimals))
      : [];
    const text = candle
      ? `O ${open}  H ${high}  L ${low}  C ${price}  V ${plain(candle.volume)}`
      : t("noCandles");
    setText(this.legend, text);
    const label = t("candlesOf", { symbol: symbol.name, interval, price });
    if (this.element.getAttribute("aria-label") !== label) this.element.setAttribute("aria-label", label);
  }
}

function volumeOptions() {
  return { priceScaleId: "volume", priceFormat: { type: "volume" }, lastValueVisible: false, priceLineVisible: false };
}

function bar(time, candle) {
  const [open, high, low, close] = [candle.open, candle.high, candle.low, candle.close].map(Number);
  return { time: time / 1000, open, high, low, close };
}

function lastOf(byTime) {
  let last;
  for (const time of byTime.keys()) last = time;
  return last;
}

const { Year, Month, DayOfMonth, TimeWithSeconds } = LightweightCharts.TickMarkType;
const TIME_PARTS = {
  [Year]: { year: "numeric" },
  [Month]: { month: "short" },
  [DayOfMonth]: { day: "numeric", month: "short" },
  [TimeWithSeconds]: { hour: "2-digit", minute: "2-digit", second: "2-digit", hour12: false },
  full: { dateStyle: "medium", timeStyle: "medium", hour12: false },
};
const TIME = { hour: "2-digit", minute: "2-digit", hour12: false };

// time : s since 1970; in the time zone of this browser
function localTime(time, kind) {
  return new Date(time * 1000).toLocaleString(currentLanguage(), TIME_PARTS[kind] ?? TIME);
}
