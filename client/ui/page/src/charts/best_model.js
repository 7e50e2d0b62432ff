// The best of each group, and the races between depths, from the document of
// `fathom summary --json`. Nothing is computed here: the page shows the numbers that
// the terminal shows. Pure.
import {roomy} from './scales.js';
import {axisValue, count, number, toNumber} from '../lib/format.js';

// `labels` maps names of axes to what people read.
const named = (settings, labels) =>
  Object.entries(settings ?? {}).map(([axis, value]) => `${labels.get(axis) ?? axis} ${axisValue(value)}`).join(', ');

const infinite = (value) => (value === 'infinity' ? Infinity : value === '-infinity' ? -Infinity : toNumber(value));

// Returns the groups with their best settings at the compared step of that index
// (-1: the last): [{label, by, value, error, low, high, n, setting, trials, notes}].
export function bestRows(summary, labels, step = -1) {
  return (summary.rows ?? []).map((row) => {
    const best = row.best?.at(step) ?? null;
    const value = best ? toNumber(best.value) : null;
    const error = best ? toNumber(best.standard_error) : null;
    const notes = [];
    if (best?.diverged_later) notes.push('diverged later');
    if (best?.stopped_earlier) notes.push('stopped earlier');
    if (!best) notes.push('no setting of which all trials have a value');
    return {
      label: named(row.by, labels) || 'all trials',
      by: row.by ?? {},
      value,
      error,
      low: value !== null && error !== null ? value - error : null,
      high: value !== null && error !== null ? value + error : null,
      n: best?.trials?.length ?? 0,
      setting: best ? named(best.settings, labels) : '',
      trials: best?.trials ?? [],
      notes,
    };
  });
}

// Returns [low, high] of all values and whiskers that a log axis can show, null
// without any.
export function bestRange(rows, log) {
  let low = Infinity;
  let high = -Infinity;
  for (const row of rows) {
    for (const value of [row.value, row.low, row.high]) {
      if (value === null || !Number.isFinite(value) || (log && value <= 0)) continue;
      low = Math.min(low, value);
      high = Math.max(high, value);
    }
  }
  return low <= high ? [low, high] : null;
}

// Returns what whiskers mean, in words.
export function whiskerWords(summary, rows) {
  const over = (summary.average_over ?? []).join(' and ');
  const most = Math.max(0, ...rows.map((row) => row.n));
  if (rows.every((row) => row.value === null)) {
    return 'No setting has a value here: of each, trials diverged, failed or have not ended.';
  }
  if (rows.every((row) => row.error === null)) {
    return most <= 1 ? 'One trial per setting: there is no interval.' : 'No standard error is known.';
  }
  return `Dot: mean over ${most} trials${over ? ` (${over})` : ''} of the best setting. ` +
    'Whisker: one standard error of that mean to each side.';
}

// Returns the comparisons of races and levels with their 95 % intervals:
// [{label, kind: 'speed-up' | 'ratio' | 'difference', at, value, low, high, bound,
// verdict}].
export function comparisons(summary, labels) {
  const found = [];
  for (const race of summary.races ?? []) {
    for (const group of race.groups ?? []) {
      const at = (group.at ?? []).find(({goal}) => goal === group.quoted);
      if (!at?.speed_up) continue;
      found.push({
        ...titled(race, group, labels),
        kind: 'speed-up',
        at: `to ${number(at.goal)}`,
        ...interval(at.speed_up.value, at.interval),
        bound: at.speed_up.bound,
        verdict: at.verdict ?? '',
      });
    }
  }
  for (const level of summary.levels ?? []) {
    for (const group of level.groups ?? []) {
      const {comparison} = group;
      if (!comparison) continue;
      found.push({
        ...titled(level, group, labels),
        kind: comparison.kind,
        at: level.step === null || level.step === undefined ? 'at the end' : `at step ${count(level.step)}`,
        ...interval(comparison.value, comparison.interval),
        bound: 'exact',
        verdict: group.verdict ?? '',
      });
    }
  }
  return found;
}

function titled(family, group, labels) {
  const by = named(family.by, labels);
  const depth = `depth ${axisValue(group.depth)}`;
  return {label: by ? `${by}, ${depth}` : depth, against: `depth ${axisValue(family.reference)}`};
}

function interval(value, ends) {
  return {value: infinite(value), low: ends ? infinite(ends[0]) : null, high: ends ? infinite(ends[1]) : null};
}

// Returns the sentences as paragraphs: {title, lines, text}. Lines that are indented
// belong to the one above.
export function sentencesOf({summary, sentences}) {
  const texts = sentences ?? [...(summary?.races ?? []), ...(summary?.levels ?? [])].map(({sentence}) => sentence ?? '');
  const found = [];
  for (const line of texts.flatMap((text) => text.split('\n'))) {
    if (line.trim() === '') continue;
    if (found.length === 0 || !/^\s/.test(line)) found.push({title: line.trim(), lines: []});
    else found.at(-1).lines.push(line.trim());
  }
  return found.map(({title, lines}) => ({title, lines, text: [title, ...lines.map((line) => `  ${line}`)].join('\n')}));
}

// Returns the speed-up along the goals of each race, for the picture of where the
// verdict changes: [{title, against, groups: [{label, depth, points: [{goal, value,
// low, high, bound, verdict}]}]}].
export function profiles(summary, labels) {
  const found = [];
  for (const race of summary.races ?? []) {
    const groups = (race.groups ?? []).map((group) => ({
      label: `depth ${axisValue(group.depth)}`,
      depth: group.depth,
      points: (group.at ?? []).filter(({speed_up: ratio}) => ratio?.value > 0).map((at) => ({
        goal: at.goal, bound: at.speed_up.bound, verdict: at.verdict ?? '', ...interval(at.speed_up.value, at.interval),
      })),
    })).filter(({points}) => points.length > 0);
    if (groups.length === 0) continue;
    found.push({title: named(race.by, labels), against: `depth ${axisValue(race.reference)}`, groups});
  }
  return found;
}

// Returns {x: [low, high], y: [low, high]} in places for a profile: goals get smaller
// to the right, at -log10; speed-ups are at log10, and 1 is always seen.
export function profileView({groups}) {
  const x = [Infinity, -Infinity];
  const y = [0, 0];
  const add = (range, place) => {
    range[0] = Math.min(range[0], place);
    range[1] = Math.max(range[1], place);
  };
  for (const {points} of groups) {
    for (const {goal, value, low, high} of points) {
      if (goal > 0) add(x, -Math.log10(goal));
      for (const one of [value, low, high]) if (one > 0 && Number.isFinite(one)) add(y, Math.log10(one));
    }
  }
  return {x: roomy(x, 0.04), y: roomy(y, 0.12)};
}
