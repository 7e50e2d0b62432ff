// Which colour a group of curves has, and whether a legend or a colour bar says so.
// Pure.
import {groupColours, lineColour} from './palette.js';

export const mostNamed = 12; // Numbers beyond get a colour bar.

// Takes the groups of an answer ({label, value}) and the axis they are of (as in
// /api/sweeps/ID; null for none). Returns {kind: 'none' | 'names' | 'scale', colours:
// one per group, low, high, log}. A value has the same colour whatever else a filter
// leaves.
export function colouring(groups, axis, theme) {
  if (!axis || groups.length === 0) return {kind: 'none', colours: groupColours(Math.max(1, groups.length), {theme})};
  const own = groups.map(({value}) => value);
  const known = new Set((axis.values ?? []).map(String));
  const values = own.every((value) => known.has(String(value))) ? axis.values : own;
  const numeric = axis.kind === 'number' && own.every((value) => typeof value === 'number');
  if (!numeric || values.length <= mostNamed) {
    const all = groupColours(values.length, {theme, ordered: numeric});
    const place = new Map(values.map((value, i) => [String(value), i]));
    return {kind: 'names', colours: own.map((value) => all[place.get(String(value))])};
  }
  const low = values.reduce((a, b) => Math.min(a, b));
  const high = values.reduce((a, b) => Math.max(a, b));
  const log = Boolean(axis.log) && low > 0;
  const share = (value) => {
    if (high === low) return 0.5;
    return log ? Math.log(value / low) / Math.log(high / low) : (value - low) / (high - low);
  };
  const kind = groups.length <= mostNamed ? 'names' : 'scale';
  return {kind, colours: own.map((value) => lineColour(share(value), theme)), low, high, log};
}

// How opaque a curve is among so many: all of them are seen, and where many run
// together it is darker.
export function opacityOf(count) {
  if (count <= 30) return 0.95;
  return Math.max(0.22, 0.95 * (30 / count) ** 0.32);
}

export const lineWidthOf = (count) => (count <= 12 ? 2 : count <= 100 ? 1.5 : count <= 600 ? 1.2 : 1);
