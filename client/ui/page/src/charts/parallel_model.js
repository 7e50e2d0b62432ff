// Trials as lines over parallel axes: places on each axis, ticks, brushes. Pure.
import {linearPlaces, valueText, valueTicks} from './ticks.js';

// Beyond the ends of an axis: zero on a log axis below, infinity above.
export const floorPlace = -0.07;
export const roofPlace = 1.07;
const wordMost = 24;

const results = [['best_loss', 'best loss'], ['final_loss', 'final loss']];

// Takes an answer of /parallel. Returns {n, trial, state, axes: [{name, label, kind,
// log, low, high, place: Float32Array, zero, roof, words}]}: the axes of the spec that
// vary, then the results. A trial without a value has NaN for its place. With `like`,
// another such model, the axes are its axes, so that both can be drawn together.
// `spec` are the axes of the spec with their values, which make better ticks than round
// numbers where they are few.
export function parallelModel(answer, {like = null, spec = []} = {}) {
  const {header, trial, state} = answer;
  const given = new Map((like?.axes ?? []).map((axis) => [axis.name, axis]));
  const axes = header.axes.map((axis) => axisModel(axis, answer[axis.name], state, given.get(axis.name)));
  for (const [name, label] of results) {
    const column = answer[name];
    if (!column) continue;
    const axis = {name, label, kind: 'number', log: suitsLog(column), result: true};
    axes.push(axisModel(axis, column, state, given.get(name)));
  }
  for (const axis of axes) axis.few = fewValues(spec.find(({name}) => name === axis.name));
  return {n: trial.length, trial, state, axes, columns: answer, order: orderOf(axes, state, trial.length)};
}

const fewest = 8;

function fewValues(axis) {
  const numbers = axis?.kind === 'number' && axis.values?.every((value) => typeof value === 'number');
  return numbers && axis.values.length <= fewest ? axis.values : null;
}

// Returns the lines in the order in which they are painted: what has not ended and
// what diverged first, the least final loss last, on top of all.
function orderOf(axes, state, n) {
  const place = axes.find(({name}) => name === 'final_loss')?.place;
  const order = Array.from({length: n}, (_, i) => i);
  if (!place) return order;
  const rank = (i) => (state[i] === 0 ? 4 : state[i] === 2 ? 3 : Number.isNaN(place[i]) ? 2 : place[i]);
  return order.sort((a, b) => rank(b) - rank(a) || a - b);
}

// Whether values > 0 spread so far that a log axis suits them.
export function suitsLog(values) {
  let low = Infinity;
  let high = 0;
  for (const value of values) {
    if (!Number.isFinite(value) || value === 0) continue;
    if (value < 0) return false;
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return high / low > 30;
}

function axisModel({name, label, kind, log = false, values: words = null, result = false}, column, state, like) {
  const isWord = kind === 'word';
  const range = like ?? rangeOf({name, log: !isWord && log, words: isWord ? words ?? [] : null}, column, state);
  const axis = {name, label, kind, log: range.log, low: range.low, high: range.high, empty: Boolean(range.empty), words: isWord ? words ?? [] : null, result};
  const place = new Float32Array(column.length);
  let zero = false;
  let roof = false;
  for (let i = 0; i < column.length; ++i) {
    place[i] = isFinal({name}) && state[i] === 2 ? roofPlace : placeOf(axis, column[i]);
    zero ||= place[i] === Math.fround(floorPlace);
    roof ||= place[i] === Math.fround(roofPlace);
  }
  return {...axis, place, zero, roof};
}

// What a diverged trial ended with says nothing, and would stretch the axis.
const isFinal = ({name}) => name === 'final_loss';

function rangeOf({name, log, words}, column, state) {
  if (words) return {log, low: 0, high: Math.max(1, words.length - 1)};
  let low = Infinity;
  let high = -Infinity;
  for (let i = 0; i < column.length; ++i) {
    const value = column[i];
    if (!Number.isFinite(value) || (log && value <= 0) || (isFinal({name}) && state[i] === 2)) continue;
    if (value < low) low = value;
    if (value > high) high = value;
  }
  // Where nothing has a place between the ends, there is nothing to read off.
  return low > high ? {log, low: log ? 0.1 : 0, high: 1, empty: true} : {log, low, high};
}

// Returns where a value stands on an axis: 0 is its lower end, 1 its upper one.
export function placeOf({log, low, high}, value) {
  if (Number.isNaN(value)) return NaN;
  if (value === Infinity) return roofPlace;
  if (log && value === 0) return floorPlace;
  if (log ? value < 0 : value === -Infinity) return NaN;
  if (high === low) return 0.5;
  return log ? Math.log(value / low) / Math.log(high / low) : (value - low) / (high - low);
}

// The other way round, of a place between 0 and 1.
export function valueAt({log, low, high}, place) {
  return log ? low * (high / low) ** place : low + (high - low) * place;
}

// Returns [{place, text}] of an axis, at most `most` of them.
export function axisTicks(axis, most) {
  const {words, low, high, log} = axis;
  let ticks;
  if (words) {
    const shown = words.length <= Math.min(most, wordMost) ? words.map((_, i) => i)
      : linearPlaces(0, words.length - 1, most).filter(Number.isInteger);
    ticks = shown.map((i) => ({place: placeOf(axis, i), text: String(words[i])}));
  } else if (axis.empty) {
    ticks = [];
  } else if (low === high) {
    ticks = [{place: 0.5, text: valueText(low)}];
  } else if (axis.few) {
    ticks = axis.few.filter((value) => value >= low && value <= high).map((value) => ({place: placeOf(axis, value), text: valueText(value)}));
  } else {
    ticks = valueTicks({low, high, log, most}).major.map(({value, text}) => ({place: placeOf(axis, value), text}));
  }
  if (axis.zero) ticks.unshift({place: floorPlace, text: '0'});
  if (axis.roof) ticks.push({place: roofPlace, text: '∞'});
  return ticks;
}

// Returns the condition (state/filter.js) that a brush between two places means, or
// null for one that covers the whole axis. Bounds are rounded outwards, so that what
// is under the brush passes.
export function conditionOf(axis, from, to) {
  const low = Math.min(from, to);
  const high = Math.max(from, to);
  if (axis.empty) return null;
  if (axis.words) {
    const values = axis.words.filter((_, i) => {
      const place = placeOf(axis, i);
      return place >= low - 1e-6 && place <= high + 1e-6;
    });
    return values.length === axis.words.length ? null : {axis: axis.name, values: values.map(String)};
  }
  const below = low <= 0 ? -Infinity : rounded(valueAt(axis, low), Math.floor);
  const above = high >= 1 ? Infinity : rounded(valueAt(axis, high), Math.ceil);
  return below === -Infinity && above === Infinity ? null : {axis: axis.name, low: below, high: above};
}

function rounded(value, way) {
  if (value === 0) return 0;
  const unit = 10 ** (Math.floor(Math.log10(Math.abs(value))) - 3);
  return Number((way(value / unit - (way === Math.ceil ? 1e-9 : -1e-9)) * unit).toPrecision(6));
}

// Returns [from, to] in places for a condition on an axis, or null without one.
export function brushOf(axis, condition) {
  if (!condition) return null;
  if (condition.values) {
    const words = axis.words?.map(String);
    const places = condition.values
      .filter((value) => !words || words.includes(value))
      .map((value) => placeOf(axis, words ? words.indexOf(value) : Number(value)))
      .filter(Number.isFinite);
    if (places.length === 0) return null;
    return [Math.min(...places) - 0.015, Math.max(...places) + 0.015];
  }
  const end = (value, open) => {
    if (!Number.isFinite(value)) return open;
    const place = axis.log && value <= 0 ? floorPlace : placeOf(axis, value);
    return Math.min(roofPlace, Math.max(floorPlace, place));
  };
  return [end(condition.low, floorPlace), end(condition.high, roofPlace)];
}

// Returns one byte per line: whether it passes all brushes. `brushes` maps names of
// axes to [from, to]; a line without a place on a brushed axis does not pass.
export function passing({n, axes}, brushes) {
  const passes = new Uint8Array(n).fill(1);
  for (const axis of axes) {
    const brush = brushes.get(axis.name);
    if (!brush) continue;
    const [from, to] = brush;
    for (let i = 0; i < n; ++i) {
      if (!(axis.place[i] >= from - 1e-6 && axis.place[i] <= to + 1e-6)) passes[i] = 0;
    }
  }
  return passes;
}

// Returns the index of the line that passes closest to a pixel between two axes, or
// -1 when none comes within `radius`. `xs` are the pixels of the axes, `yPixel` maps
// places to pixels.
export function nearestLine({n, axes}, {xs, yPixel, px, py, radius = 12, shown = () => true}) {
  if (axes.length < 2) return -1;
  let left = 0;
  while (left + 2 < xs.length && px > xs[left + 1]) ++left;
  const share = Math.min(1, Math.max(0, (px - xs[left]) / (xs[left + 1] - xs[left] || 1)));
  let best = radius;
  let line = -1;
  for (let i = 0; i < n; ++i) {
    if (!shown(i)) continue;
    const a = yPixel(axes[left].place[i]);
    const b = yPixel(axes[left + 1].place[i]);
    const slope = (b - a) / (xs[left + 1] - xs[left] || 1);
    const distance = Math.abs(a + (b - a) * share - py) / Math.sqrt(1 + slope * slope);
    if (distance < best) {
      best = distance;
      line = i;
    }
  }
  return line;
}

// Returns the order of axes that a wish from the address asks for: unknown names
// are left out, missing ones follow.
export function orderedAxes(axes, names) {
  const wished = names.map((name) => axes.find((axis) => axis.name === name)).filter(Boolean);
  return [...new Set([...wished, ...axes])];
}
