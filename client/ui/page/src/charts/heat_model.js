// A heat map as cells: values, colours, the edge of stability, where labels go. Pure.
import {toNumber} from '../lib/format.js';
import {everyNth} from './ticks.js';

export const edgeShare = 0.5; // From this share of diverged trials on, a cell counts as unstable.

// Takes an answer of /heat. Returns {columns, rows, value, trials, diverged, low,
// high, log}; the arrays have the cell of column x and row y at y * columns + x,
// row 0 is the lowest value. A cell without a value is NaN.
export function heatModel(answer) {
  const columns = answer.x.values.length;
  const rows = answer.y.values.length;
  const value = new Float64Array(columns * rows).fill(NaN);
  const trials = new Float64Array(columns * rows);
  const diverged = new Float64Array(columns * rows);
  for (let y = 0; y < rows; ++y) {
    for (let x = 0; x < columns; ++x) {
      const at = y * columns + x;
      value[at] = toNumber(answer.cells[y]?.[x]) ?? NaN;
      trials[at] = answer.trials?.[y]?.[x] ?? 0;
      diverged[at] = answer.diverged?.[y]?.[x] ?? 0;
    }
  }
  const ordered = {columns, rows, value, trials, diverged, share: answer.value === 'diverged'};
  return {...ordered, ...domain(ordered, answer.log)};
}

// The range of the colours. Cells in which most have diverged do not stretch it:
// beside 1e15 all losses look alike.
function domain({value, trials, diverged, share}, wantsLog) {
  if (share) return {low: 0, high: 1, log: false};
  const range = (usable) => {
    let low = Infinity;
    let high = -Infinity;
    for (let i = 0; i < value.length; ++i) {
      if (!Number.isFinite(value[i]) || !usable(i)) continue;
      if (value[i] < low) low = value[i];
      if (value[i] > high) high = value[i];
    }
    return [low, high];
  };
  const positive = (i) => !wantsLog || value[i] > 0;
  let [low, high] = range((i) => positive(i) && trials[i] > 0 && diverged[i] < edgeShare);
  if (low > high) [low, high] = range(positive);
  if (low > high) return {low: NaN, high: NaN, log: false};
  return {low, high, log: Boolean(wantsLog) && low > 0};
}

// Returns how far a value is from the lowest (0) to the highest (1) colour. 0 on a
// log scale is below all others, infinity above.
export function heatShare({low, high, log}, value) {
  if (Number.isNaN(value)) return NaN;
  if (value === Infinity) return 1;
  if (high === low) return value > high ? 1 : value < low ? 0 : 0.5;
  const share = log ? Math.log(Math.max(value, 1e-320) / low) / Math.log(high / low) : (value - low) / (high - low);
  return Math.min(1, Math.max(0, share));
}

// Returns the border between stable and unstable cells as segments [x0, y0, x1, y1]
// in cells: cell (x, y) covers x to x + 1 and y to y + 1. Neighbours without trials
// have no border: nothing is known there.
export function stabilityEdge({columns, rows, trials, diverged}) {
  const unstable = (at) => diverged[at] >= edgeShare;
  const segments = [];
  for (let y = 0; y < rows; ++y) {
    for (let x = 0; x < columns; ++x) {
      const at = y * columns + x;
      if (trials[at] === 0) continue;
      if (x + 1 < columns && trials[at + 1] > 0 && unstable(at) !== unstable(at + 1)) {
        segments.push([x + 1, y, x + 1, y + 1]);
      }
      const above = at + columns;
      if (y + 1 < rows && trials[above] > 0 && unstable(at) !== unstable(above)) {
        segments.push([x, y + 1, x + 1, y + 1]);
      }
    }
  }
  return segments;
}

const line = 16; // Of text, in pixels.
const roof = 30; // For the name of the y axis.

// Returns the pixels of the parts: `cellWidth`, `cellHeight`, `left`, `top`, `right`,
// `bottom` of the cells, `width` and `height` of all, `turned`: whether the labels
// below stand upright, `nthX`, `nthY`: which labels are shown, `bar`: whether the
// colour bar is on the right, or else below. `xText` and `yText` are the widths of the
// longest labels.
export function heatLayout({width, columns, rows, xText, yText}) {
  const bar = width >= 520;
  const left = Math.min(Math.max(yText + 12, 36), width * 0.35);
  const room = Math.max(40, width - left - (bar ? 104 : 8));
  const cellWidth = Math.min(room / columns, 120);
  const wanted = Math.min(Math.max(cellWidth * 0.62, 26), 64) * rows;
  const inside = Math.min(Math.max(wanted, 60), 520);
  const cellHeight = inside / rows;
  const turned = xText + 8 > cellWidth && columns > 1;
  const below = turned ? Math.min(xText, 120) : line; // Height of the labels.
  const bottom = roof + inside;
  return {
    width, cellWidth, cellHeight, left, top: roof, turned, bar, below,
    right: left + cellWidth * columns,
    bottom,
    height: Math.ceil(bottom + 8 + below + line + 12 + (bar ? 0 : 44)),
    nthX: everyNth(columns, cellWidth, turned ? line : xText + 8),
    nthY: everyNth(rows, cellHeight, line),
    numbers: cellWidth >= 52 && cellHeight >= 18,
  };
}

// Returns {x, y} of the cell at a pixel, or null beside all cells.
export function cellAt({left, top, bottom, cellWidth, cellHeight}, {columns, rows}, px, py) {
  const x = Math.floor((px - left) / cellWidth);
  const y = Math.floor((bottom - py) / cellHeight);
  return px >= left && py >= top && x >= 0 && x < columns && y >= 0 && y < rows ? {x, y} : null;
}

// Returns one sentence for those who do not see the picture.
export function heatSummary(model, {xLabel, yLabel, valueLabel, text}) {
  const {columns, rows, value, trials, diverged} = model;
  let best = -1;
  let unstable = 0;
  let empty = 0;
  for (let i = 0; i < value.length; ++i) {
    if (trials[i] === 0) ++empty;
    else if (diverged[i] >= edgeShare) ++unstable;
    if (Number.isFinite(value[i]) && (best < 0 || value[i] < value[best])) best = i;
  }
  const parts = [`Heat map of ${valueLabel}: ${columns} by ${rows} cells of ${xLabel} and ${yLabel}.`];
  if (best >= 0) {
    parts.push(`Least: ${text.value(value[best])} at ${xLabel} ${text.x(best % columns)}, ` +
      `${yLabel} ${text.y(Math.floor(best / columns))}.`);
  }
  if (unstable > 0) parts.push(`In ${unstable} cells half of the trials or more diverged.`);
  if (empty > 0) parts.push(`${empty} cells have no trial yet.`);
  return parts.join(' ');
}
