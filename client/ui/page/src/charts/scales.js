// How data become places on an axis. Charts compute with places, which are linear
// in pixels; the address and the reader see data. Pure.

// A step s stands at log10(s + 1) on a log axis, so that step 0 has a place.
export function stepScale(log) {
  return log
    ? {log, place: (step) => Math.log10(step + 1), data: (place) => 10 ** place - 1}
    : {log, place: (step) => step, data: (place) => place};
}

// On a log axis 0 is at -Infinity and numbers below it have no place (NaN).
export function valueScale(log) {
  return log
    ? {log, place: (value) => (value >= 0 ? Math.log10(value) : NaN), data: (place) => 10 ** place}
    : {log, place: (value) => value, data: (place) => place};
}

// Returns the range with some room on both sides; of a range without length one
// that has a length.
export function roomy([low, high], share = 0.06) {
  if (!(low <= high)) return [0, 1];
  const length = high - low;
  const room = length > 0 ? Math.max(length * share, 1e-12 * Math.max(Math.abs(low), Math.abs(high))) :
    Math.max(0.05, Math.abs(low) * 0.05);
  return [low - room, high + room];
}

// Returns {pixel(place), place(pixel)} for an axis from `from` to `to` in pixels.
export function linear(low, high, from, to) {
  const factor = (to - from) / (high - low || 1);
  return {
    factor,
    offset: from - low * factor,
    pixel: (place) => from + (place - low) * factor,
    place: (pixel) => low + (pixel - from) / factor,
  };
}

const short = (value) => String(Number(value.toPrecision(5)));

// What is zoomed to, as the address has it: "LOW,HIGH,LOW,HIGH" in steps and values.
export function formatZoom(zoom) {
  return zoom ? [zoom.x[0], zoom.x[1], zoom.y[0], zoom.y[1]].map(short).join(',') : null;
}

export function parseZoom(text) {
  if (!text) return null;
  const parts = text.split(',').map((part) => (part.trim() === '' ? NaN : Number(part)));
  if (parts.length !== 4 || !parts.every(Number.isFinite)) return null;
  const [x0, x1, y0, y1] = parts;
  return x0 < x1 && y0 < y1 ? {x: [x0, x1], y: [y0, y1]} : null;
}
