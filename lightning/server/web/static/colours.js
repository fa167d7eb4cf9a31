// Colours of the style sheet, as canvases take them.

// element : in the document, and of no other use at this moment
export function colour(element, name) {
  const before = element.style.color;
  element.style.color = `var(--${name})`;
  const found = getComputedStyle(element).color;
  element.style.color = before;
  return found;
}

// alpha : 0 to 1
export function translucent(element, name, alpha) {
  return colour(element, name).replace(/^rgba?\(([^,]+,[^,]+,[^,)]+).*$/, `rgba($1, ${alpha})`);
}
