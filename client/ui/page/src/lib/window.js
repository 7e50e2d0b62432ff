// Which rows of a long table are seen. Pure.

export const rowHeight = 34;
// Browsers stop at 16 to 33 million pixels; beyond this the scroll bar stands for
// more rows than it has pixels.
const tallest = 12e6;

// Returns how tall the space for `count` rows is.
export function spaceFor(count) {
  return Math.min(count * rowHeight, tallest);
}

// Returns the row at the top, with its fraction, of a table that is scrolled by
// `scroll` and shows `view` pixels of rows.
export function rowAt(scroll, count, view) {
  const space = spaceFor(count);
  if (space === count * rowHeight) return Math.max(0, scroll / rowHeight);
  const most = Math.max(1, space - view);
  return Math.min(1, Math.max(0, scroll / most)) * Math.max(0, count - view / rowHeight);
}

// Returns the scroll that shows `row` at the top: the inverse of rowAt.
export function scrollTo(row, count, view) {
  const space = spaceFor(count);
  const wanted = Math.max(0, Math.min(row, count - view / rowHeight));
  if (space === count * rowHeight) return wanted * rowHeight;
  return wanted / Math.max(1e-9, count - view / rowHeight) * Math.max(0, space - view);
}

// Returns the rows to draw: [first, last), some more than are seen.
export function rowsToDraw(top, count, view, more = 6) {
  const first = Math.max(0, Math.floor(top) - more);
  const last = Math.min(count, Math.ceil(top + view / rowHeight) + more);
  return [first, Math.max(first, last)];
}

// Returns the least scroll of the top row that makes `row` seen as a whole.
export function reveal(row, top, view) {
  const rows = Math.max(1, Math.floor(view / rowHeight) - 1);
  if (row < top) return row;
  if (row > top + rows - 1) return row - rows + 1;
  return top;
}
