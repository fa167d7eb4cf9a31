// What the page remembers in this browser.

export function remembered(name, otherwise) {
  try {
    return localStorage.getItem(`lightning.${name}`) ?? otherwise;
  } catch {
    return otherwise; // storage is forbidden here: nothing is remembered
  }
}

export function remember(name, value) {
  try {
    localStorage.setItem(`lightning.${name}`, value);
  } catch {
    // likewise
  }
}
