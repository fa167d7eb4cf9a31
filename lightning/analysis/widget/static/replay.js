// A book at any moment of the past: a slider that asks the kernel for it.

import { BookView } from "./book_view.js";
import { setText } from "./frames.js";
import { t } from "./i18n.js";

const PLAY_STEPS = 600; // from one end to the other
const PLAY_MS = 50;

const MARKUP = `
  <button type="button" class="quiet play"></button>
  <input type="range" class="position" min="0" step="1">
  <output class="ends"></output>
`;

class Replay {
  constructor(model, element) {
    this.model = model;
    this.view = new BookView(model, element);
    const bar = document.createElement("div");
    bar.className = "replay";
    bar.innerHTML = MARKUP;
    this.view.element.append(bar);
    [this.button, this.slider, this.ends] = bar.children;
    this.slider.setAttribute("aria-label", t("moment"));
    this.slider.addEventListener("input", () => this.ask());
    this.slider.addEventListener("pointerdown", () => this.play(false));
    this.button.addEventListener("click", () => this.play(!this.playing));
    this.listeners = { "change:positions": this.fit, "change:position": this.follow, "change:answered": this.answer };
    for (const [event, listener] of Object.entries(this.listeners)) {
      this.listeners[event] = listener.bind(this);
      model.on(event, this.listeners[event]);
    }
    this.waiting = false;
    this.play(false);
    this.fit();
  }

  close() {
    this.play(false);
    for (const [event, listener] of Object.entries(this.listeners)) this.model.off(event, listener);
    this.view.close();
  }

  fit() {
    this.slider.max = this.model.get("positions") - 1;
    setText(this.ends, this.model.get("ends").join(" – "));
    this.follow();
  }

  // The kernel, or another view of the same, has moved it.
  follow() {
    if (!this.waiting) this.slider.value = this.model.get("position");
    this.say();
  }

  // One question at a time: what the slider passed over meanwhile is never asked for.
  ask() {
    const wanted = Number(this.slider.value);
    if (this.waiting || wanted === this.model.get("position")) return;
    this.waiting = true;
    this.model.set("position", wanted);
    this.model.save_changes();
  }

  answer() {
    this.waiting = false;
    this.say();
    this.ask();
  }

  say() {
    this.slider.setAttribute("aria-valuetext", this.model.get("book").moment);
  }

  play(playing) {
    this.playing = playing;
    clearInterval(this.timer);
    if (playing) {
      if (this.slider.value === this.slider.max) this.slider.value = 0;
      this.timer = setInterval(() => this.advance(), PLAY_MS);
    }
    setText(this.button, t(playing ? "pause" : "play"));
  }

  advance() {
    if (this.waiting) return;
    const step = Math.max(1, Math.round(Number(this.slider.max) / PLAY_STEPS));
    this.slider.value = Number(this.slider.value) + step;
    this.ask();
    if (this.slider.value === this.slider.max) this.play(false);
  }
}

export function render({ model, el }) {
  const replay = new Replay(model, el);
  return () => replay.close();
}
