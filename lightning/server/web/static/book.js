// A book kept from a snapshot and changes, which proves to itself that it missed nothing.

import { crc32 } from "./crc32.js";
import { Levels } from "./levels.js";

const CHECKED_LEVELS = 10;

export const Applied = Object.freeze({ OK: "ok", WAITING: "waiting", GAP: "gap", CHECKSUM: "checksum" });

export class Book {
  constructor() {
    this.reset();
  }

  // Forgets everything; only a snapshot is taken next.
  reset() {
    this.seq = null;
    this.status = "";
    this.bids = new Levels(-1);
    this.asks = new Levels(1);
  }

  get ready() {
    return this.seq !== null;
  }

  // message : SubscribeOrderBookResponse
  apply(message) {
    if (message.snapshot) this.reset();
    else if (this.seq === null) return Applied.WAITING;
    else if (message.previous_seq !== this.seq) return Applied.GAP;
    for (const level of message.bids) this.bids.set(level);
    for (const level of message.asks) this.asks.set(level);
    this.seq = message.seq;
    this.status = message.status;
    return message.checksum === this.checksum() ? Applied.OK : Applied.CHECKSUM;
  }

  checksum() {
    let text = "";
    for (const side of [this.asks, this.bids]) {
      for (const level of side.best(CHECKED_LEVELS)) text += digits(level.price) + digits(level.quantity);
    }
    return crc32(text);
  }
}

// As the checksum has it: without point and leading zeros.
function digits(text) {
  return text.replace(".", "").replace(/^0+/, "");
}
