// One side of a book, level by level.

export class Levels {
  // direction : -1 for bids, 1 for asks: the best level comes first
  constructor(direction) {
    this.direction = direction;
    this.all = [];
  }

  best(count) {
    return this.all.slice(0, count);
  }

  set({ price, quantity, order_count }) {
    const amount = Number(quantity);
    const place = this.placeOf(Number(price) * this.direction);
    const found = this.all[place]?.price === price;
    if (amount === 0) {
      if (found) this.all.splice(place, 1);
    } else {
      const level = { price, quantity, order_count, at: Number(price), amount };
      this.all.splice(place, found ? 1 : 0, level);
    }
  }

  // The first one that is not better.
  placeOf(rank) {
    let low = 0;
    let high = this.all.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.all[middle].at * this.direction < rank) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
