// Decimal text as people read it. What the server says is never rounded; sums made here are.

export const NONE = "–";

export function decimalsOf(step) {
  const fraction = (step.split(".")[1] ?? "").replace(/0+$/, "");
  return fraction.length;
}

// "50000.0" with 2 decimals: "50,000.00". More decimals than that are kept.
export function fixed(text, decimals) {
  if (!text) return NONE;
  const [whole, fraction = ""] = text.split(".");
  const digits = fraction.replace(/0+$/, "").padEnd(decimals, "0");
  return grouped(whole) + (digits ? `.${digits}` : "");
}

// "50000.0": "50,000"
export function plain(text) {
  return fixed(text, 0);
}

// "50000.0": "50000", as one would type it.
export function typed(text) {
  return text.includes(".") ? text.replace(/\.?0+$/, "") : text;
}

export function rounded(number, decimals) {
  return Number.isFinite(number) ? fixed(number.toFixed(decimals), decimals) : NONE;
}

export function compact(text) {
  const number = Number(text);
  if (!text || !Number.isFinite(number)) return NONE;
  if (number < 10_000) return rounded(number, number < 10 ? 4 : 2);
  const [divisor, unit] = number < 1e6 ? [1e3, "K"] : number < 1e9 ? [1e6, "M"] : [1e9, "B"];
  return (number / divisor).toFixed(2) + unit;
}

export function percent(from, to) {
  const share = Number(from) ? (Number(to) - Number(from)) / Number(from) : NaN;
  if (!Number.isFinite(share)) return NONE;
  return `${share >= 0 ? "+" : "−"}${Math.abs(share * 100).toFixed(2)}%`;
}

export function timeOfDay(timeNs) {
  const time = new Date(Number(BigInt(timeNs) / 1_000_000n));
  return [time.getHours(), time.getMinutes(), time.getSeconds()]
    .map((part) => String(part).padStart(2, "0"))
    .join(":");
}

function grouped(whole) {
  return whole.replace(/\B(?=(\d{3})+(?!\d))/g, ",");
}
