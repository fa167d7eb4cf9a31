// Drawing: however often something changes, it is drawn once per frame.

const waiting = new Set();

export function drawSoon(draw) {
  if (waiting.size === 0) requestAnimationFrame(drawAll);
  waiting.add(draw);
}

function drawAll() {
  const due = [...waiting];
  waiting.clear();
  for (const draw of due) draw();
}

// These touch the document only where it differs, and make nothing anew.

// element : holds nothing but text
export function setText(element, text) {
  const node = element.firstChild;
  if (node === null) element.textContent = text;
  else if (node.nodeValue !== text) node.nodeValue = text;
}

export function setHidden(element, hidden) {
  if (element.hidden !== hidden) element.hidden = hidden;
}

export function setData(element, name, value) {
  if (element.dataset[name] !== value) element.dataset[name] = value;
}

// Rows that are made once and used again and again: shows one for each item, hides the rest.
export class RowPool {
  constructor(parent, makeRow) {
    this.parent = parent;
    this.makeRow = makeRow;
    this.rows = [];
  }

  draw(items, drawRow) {
    while (this.rows.length < items.length) {
      const row = this.makeRow();
      this.rows.push(row);
      this.parent.append(row);
    }
    this.rows.forEach((row, place) => {
      setHidden(row, place >= items.length);
      if (place < items.length) drawRow(row, items[place], place);
    });
  }
}
