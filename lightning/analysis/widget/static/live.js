// The live book: draws whatever book the kernel says last.

import { BookView } from "./book_view.js";

export function render({ model, el }) {
  const view = new BookView(model, el);
  return () => view.close();
}
