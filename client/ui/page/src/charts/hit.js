// Which curve is under the pointer. Each curve is searched by bisection for the few
// points near the pointer, so 2000 curves take a fraction of a millisecond and no
// index has to be kept. Pure.

// Returns the square of the distance of (px, py) from the segment a-b.
export function squareToSegment(px, py, ax, ay, bx, by) {
  const dx = bx - ax;
  const dy = by - ay;
  const length = dx * dx + dy * dy;
  let share = length > 0 ? ((px - ax) * dx + (py - ay) * dy) / length : 0;
  share = share < 0 ? 0 : share > 1 ? 1 : share;
  const x = ax + share * dx - px;
  const y = ay + share * dy - py;
  return x * x + y * y;
}

// Returns the first index from `begin` on, before `end`, with values[i] >= wanted.
export function lowerBound(values, wanted, begin, end) {
  while (begin < end) {
    const middle = (begin + end) >> 1;
    if (values[middle] < wanted) begin = middle + 1;
    else end = middle;
  }
  return begin;
}

// Returns {curve, point, distance} of the curve that comes closest to (px, py), or
// null when none comes within `radius` pixels. `point` is the index of its point
// next to px. `xMap` and `yMap` are {factor, offset} from places to pixels;
// `yPixel(place)` also knows where zero is.
export function nearestCurve(model, {xMap, yPixel, px, py, radius = 24, shown = () => true}) {
  const {n, start, x, y} = model;
  const reach = Math.abs(radius / xMap.factor);
  const centre = (px - xMap.offset) / xMap.factor;
  const pixel = (place) => place * xMap.factor + xMap.offset;
  let best = radius * radius;
  let curve = -1;
  for (let c = 0; c < n; ++c) {
    if (!shown(c)) continue;
    const begin = start[c];
    const end = start[c + 1];
    // One more on each side: the segment under the pointer may be long.
    const from = Math.max(begin, lowerBound(x, centre - reach, begin, end) - 1);
    const to = Math.min(end - 1, lowerBound(x, centre + reach, begin, end));
    for (let i = from; i <= to; ++i) {
      const ay = yPixel(y[i]);
      if (Number.isNaN(ay)) continue;
      const next = i < to ? yPixel(y[i + 1]) : NaN;
      const ax = pixel(x[i]);
      const square = Number.isNaN(next)
        ? squareToSegment(px, py, ax, ay, ax, ay)
        : squareToSegment(px, py, ax, ay, pixel(x[i + 1]), next);
      if (square < best) {
        best = square;
        curve = c;
      }
    }
  }
  if (curve < 0) return null;
  return {curve, point: nearestPoint(model, curve, centre), distance: Math.sqrt(best)};
}

// Returns the index of the point of a curve whose place is next to `place`.
export function nearestPoint({start, x}, curve, place) {
  const begin = start[curve];
  const end = start[curve + 1];
  if (begin === end) return -1;
  const after = lowerBound(x, place, begin, end);
  if (after === begin) return begin;
  if (after === end) return end - 1;
  return x[after] - place < place - x[after - 1] ? after : after - 1;
}
