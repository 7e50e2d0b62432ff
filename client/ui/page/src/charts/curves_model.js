// Curves as places on two axes: where each runs, where it has gaps, reaches zero or
// infinity, and where it diverged. Pure.
import {roomy, stepScale, valueScale} from './scales.js';

export const diverged = 2; // The number of this state in /curves.
const rise = 3; // Decades.
const deepest = 1e-300; // Denormal numbers would give the axis to themselves.

// Takes an answer of /curves. Returns
// {n, start, trial, group, state, steps, values, endStep: as in the answer,
//  x, y: places (NaN: a gap; +-Infinity: beyond the rim, -Infinity on a log axis: zero),
//  order: how many points have what}.
export function curvesModel(columns, {xLog, yLog}) {
  const {trial, group, state, start, end_step: endStep, step: steps, value: values} = columns;
  const xScale = stepScale(xLog);
  const yScale = valueScale(yLog);
  const x = new Float64Array(steps.length);
  const y = new Float64Array(values.length);
  const count = {zero: 0, nan: 0, infinite: 0, negative: 0};
  for (let i = 0; i < steps.length; ++i) {
    const value = values[i];
    x[i] = xScale.place(steps[i]);
    y[i] = yScale.place(value);
    if (Number.isNaN(value)) ++count.nan;
    else if (!Number.isFinite(value)) ++count.infinite;
    else if (value === 0) ++count.zero;
    else if (value < 0) ++count.negative;
  }
  return {n: trial.length, trial, group, state, start, endStep, steps, values, x, y, count, xScale, yScale};
}

// Returns {x: [low, high], y: [low, high], zero} in places for the curves for which
// `shown(curve)` holds. What has diverged does not stretch an axis upwards: of it
// only the start and what lies below it count; where all have diverged also their
// first `rise` above. `zero` is where the line of zeros is on a log axis, null without.
export function extent(model, shown = () => true) {
  const {n, start, state, x, y, endStep, xScale, yScale} = model;
  let last = 0;
  let low = Infinity;
  let high = -Infinity;
  let zero = false;
  let held = false; // Whether one did not diverge.
  let peak = -Infinity;
  const least = yScale.log ? Math.log10(deepest) : -Infinity;
  for (let c = 0; c < n; ++c) {
    if (!shown(c)) continue;
    held ||= state[c] !== diverged;
    let ceiling = Infinity;
    for (let i = start[c]; i < start[c + 1]; ++i) {
      if (x[i] > last) last = x[i];
      if (y[i] === -Infinity) zero ||= yScale.log;
      if (!Number.isFinite(y[i])) continue;
      if (state[c] === diverged && ceiling === Infinity) ceiling = y[i];
      if (y[i] > peak) peak = y[i];
      if (y[i] > ceiling || y[i] < least) continue;
      if (y[i] < low) low = y[i];
      if (y[i] > high) high = y[i];
    }
    if (state[c] === diverged && endStep[c] >= 0) last = Math.max(last, xScale.place(endStep[c]));
  }
  if (low > high) [low, high] = yScale.log ? [-1, 0] : [0, 1];
  else if (!held) high = Math.min(peak, yScale.log ? high + rise : high + 10 * Math.abs(high));
  let range = roomy([low, high]);
  let place = null;
  if (zero) {
    const length = range[1] - range[0];
    place = range[0] - 0.05 * length;
    range = [range[0] - 0.08 * length, range[1]];
  }
  const right = last > 0 ? last : xScale.place(1);
  return {x: [-0.015 * right, 1.015 * right], y: range, zero: place};
}

// Returns the view of an address in places: what is zoomed to, or all.
export function viewOf(all, zoom, {xScale, yScale}) {
  if (!zoom) return all;
  const x = zoom.x.map((step) => xScale.place(Math.max(step, -0.9)));
  const bottom = yScale.log && zoom.y[0] <= 0 ? all.y[0] : yScale.place(zoom.y[0]);
  const y = [bottom, yScale.place(zoom.y[1])];
  const usable = [...x, ...y].every(Number.isFinite) && x[0] < x[1] && y[0] < y[1];
  return usable ? {x, y, zero: all.zero} : all;
}

// Returns a view that shows more (factor > 1) or less around a place, but nothing
// beyond `all`, or null when that is everything.
export function scaledView(view, all, factor, [atX, atY]) {
  const scaled = ([low, high], [least, most], at) => {
    const length = Math.min(most - least, (high - low) * factor);
    const from = at - (at - low) / (high - low) * length;
    const start = Math.min(most - length, Math.max(least, from));
    return [start, start + length];
  };
  const x = scaled(view.x, all.x, atX);
  const y = scaled(view.y, all.y, atY);
  // The address rounds, and has no steps below 0.
  const most = ([low, high], [least, end]) => high - low >= 0.95 * (end - least);
  const whole = most(x, all.x) && most(y, all.y);
  return whole ? null : {x, y};
}

// The other way round: places that were dragged over, as the address has them.
export function zoomOf({x, y}, all, {xScale, yScale}) {
  const onZero = yScale.log && all.zero !== null && y[0] <= all.zero;
  return {
    x: [Math.max(0, xScale.data(x[0])), xScale.data(x[1])],
    y: [onZero ? 0 : yScale.data(y[0]), yScale.data(y[1])],
  };
}

// Returns where curves have marks: [{curve, kind: 'diverged' | 'infinite' | 'point',
// place, step}], `place` on the x axis; a point also has `y`. A curve that
// diverged has its one mark at the step where it did.
export function marksOf(model, shown = () => true) {
  const {n, start, state, x, y, steps, values, endStep, xScale} = model;
  const marks = [];
  for (let c = 0; c < n; ++c) {
    if (!shown(c)) continue;
    const end = start[c + 1];
    let finite = 0;
    let only = -1;
    for (let i = start[c]; i < end; ++i) {
      if (Number.isFinite(y[i]) || y[i] === -Infinity) {
        ++finite;
        only = i;
      } else if (!Number.isNaN(values[i]) && !Number.isFinite(values[i]) && state[c] !== diverged) {
        marks.push({curve: c, kind: 'infinite', place: x[i], step: steps[i], up: values[i] > 0});
      }
    }
    if (finite === 1) marks.push({curve: c, kind: 'point', place: x[only], y: y[only], step: steps[only]});
    if (state[c] === diverged) {
      const step = endStep[c] >= 0 ? endStep[c] : end > start[c] ? steps[end - 1] : 0;
      marks.push({curve: c, kind: 'diverged', place: xScale.place(step), step});
    }
  }
  return marks;
}

// Returns the curves of each group: index of a group -> list of curves, in the
// order in which they came. Those without a group are under -1.
export function curvesByGroup(model) {
  const groups = new Map();
  for (let c = 0; c < model.n; ++c) {
    const list = groups.get(model.group[c]);
    if (list) list.push(c);
    else groups.set(model.group[c], [c]);
  }
  return groups;
}
