// What came of an order, in a sentence.

import { Refused } from "./api.js";
import { decimalsOf, fixed, rounded } from "./format.js";
import { reasonText, t } from "./i18n.js";

const FIELD_OF_REASON = {
  INSUFFICIENT_FUNDS: "quantity",
  INVALID_QUANTITY: "quantity",
  LIMIT_EXCEEDED: "quantity",
  OVERFLOW: "quantity",
  INVALID_PRICE: "price",
  PRICE_BAND: "price",
  WOULD_CROSS: "price",
  INVALID_STOP_PRICE: "stop_price",
  INVALID_EXPIRE_TIME: "expire_time_ms",
  UNKNOWN_ACCOUNT: "account_id",
  ACCOUNT_HALTED: "account_id",
};

// report : ExecutionReport. {text, good, fields: names of those that it is about}
export function ofReport(report, symbol) {
  const { order } = report;
  const reason = report.reject_reason.replace("REJECT_REASON_", "");
  const why = reason === "UNSPECIFIED" ? "" : reasonText(reason, report.reject_message);
  if (order.status === "ORDER_STATUS_REJECTED") {
    return { text: `${t("rejected")}: ${why}`, good: false, fields: [FIELD_OF_REASON[reason]].filter(Boolean) };
  }
  const values = {
    id: order.order_id,
    price: fixed(order.price, decimalsOf(symbol.tick)),
    quantity: fixed(order.leaves_quantity, 0),
    filled: fixed(order.filled_quantity, 0),
    average: rounded(Number(order.filled_quote) / Number(order.filled_quantity), decimalsOf(symbol.tick)),
  };
  const text = t(sentence(order), values) + (why ? ` (${why})` : "");
  return { text, good: order.status !== "ORDER_STATUS_CANCELED" || Number(order.filled_quantity) > 0, fields: [] };
}

function sentence(order) {
  switch (order.status) {
    case "ORDER_STATUS_NEW":
      return "accepted";
    case "ORDER_STATUS_PARTIALLY_FILLED":
      return "acceptedPartly";
    case "ORDER_STATUS_PENDING":
      return "pending";
    case "ORDER_STATUS_FILLED":
      return "filled";
    default:
      return Number(order.filled_quantity) > 0 ? "canceledPartly" : "canceledAll";
  }
}

// labels : what the fields are called on the page
export function ofError(error, labels) {
  if (!(error instanceof Refused)) return { text: t("unanswered"), good: false, fields: [] };
  const fields = error.violations.map((one) => one.field);
  const texts = error.violations.map(({ field, description }) =>
    labels[field] ? description.replace(field, labels[field]) : description,
  );
  const text = texts.join("; ") || reasonText(error.reason, error.message);
  return { text: `${t("rejected")}: ${text}`, good: false, fields };
}
