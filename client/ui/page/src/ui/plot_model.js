// What a plot of lines or points shows: ranges, and the place of every value. Pure.
import {roomy, stepScale, valueScale} from '../charts/scales.js';
import {stepTicks, valueTicks} from '../charts/ticks.js';

const rim = 0.035; // Of the range: how far from the edge marks of what lies beyond stand.

function range(series, key, scale) {
  let low = Infinity;
  let high = -Infinity;
  for (const one of series) {
    for (const value of one[key]) {
      const place = scale.place(value);
      if (!Number.isFinite(place)) continue;
      if (place < low) low = place;
      if (place > high) high = place;
    }
  }
  return [low, high];
}

// Returns {view, scales, ticks} for series of {x, y} arrays. `steps` says that x
// counts steps; `log` is {x, y}.
export function plotScene(series, {log = {x: false, y: false}, steps = false} = {}) {
  const scales = {x: steps ? stepScale(log.x) : valueScale(log.x), y: valueScale(log.y)};
  const view = {x: roomy(range(series, 'x', scales.x), steps ? 0.01 : 0.04), y: roomy(range(series, 'y', scales.y))};
  const ticksOf = (name) => (most) => {
    const [low, high] = view[name].map((place) => scales[name].data(place));
    const {major, minor} = (name === 'x' && steps ? stepTicks : valueTicks)({low, high, log: log[name], most});
    const placed = ({value, text}) => ({place: scales[name].place(value), text});
    return {major: major.map(placed), minor: minor.map((value) => scales[name].place(value))};
  };
  return {view, scales, ticks: {x: ticksOf('x'), y: ticksOf('y')}};
}

// Whether an axis of these values is better read by powers: none below 0, some above,
// from the least to the largest a factor of `factor`.
export function suggestsLog(series, key, factor = 100) {
  let low = Infinity;
  let high = 0;
  for (const one of series) {
    for (const value of one[key]) {
      if (value < 0) return false;
      if (!Number.isFinite(value) || value === 0) continue;
      if (value < low) low = value;
      if (value > high) high = value;
    }
  }
  return high / low > factor;
}

// Returns where a value is drawn: {place, beyond}, where beyond is 1 above the plot
// (infinity), -1 below (zero of a log axis, minus infinity), or null for NaN.
export function placeOf(value, scale, [low, high]) {
  const room = (high - low) * rim;
  if (value === Infinity) return {place: high - room, beyond: 1};
  const place = scale.place(value);
  if (Number.isFinite(place)) return {place, beyond: 0};
  if (value === -Infinity || (value <= 0 && scale.log)) return {place: low + room, beyond: -1};
  return null;
}

// Returns {series, point} of the point that is nearest to a pixel, or null where
// none is within `most` pixels. `maps` are {x, y} with factor and offset.
export function nearest(series, scene, maps, pixel, most = 30) {
  let best = null;
  let distance = most * most;
  series.forEach((one, s) => {
    for (let i = 0; i < one.x.length; ++i) {
      const x = placeOf(one.x[i], scene.scales.x, scene.view.x);
      const y = placeOf(one.y[i], scene.scales.y, scene.view.y);
      if (!x || !y) continue;
      const dx = x.place * maps.x.factor + maps.x.offset - pixel.x;
      const dy = y.place * maps.y.factor + maps.y.offset - pixel.y;
      if (dx * dx + dy * dy < distance) {
        distance = dx * dx + dy * dy;
        best = {series: s, point: i};
      }
    }
  });
  return best;
}
