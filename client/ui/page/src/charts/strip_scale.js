// The one axis that the rows of a table of dots share. Pure.
import {valueTicks} from './ticks.js';

// Returns {share(value) from 0 to 1, ticks: [{share, text}], neutral: a share or null}
// for values in `range` (null: none).
export function stripScale(range, log, neutral = null) {
  let [low, high] = range ?? (log ? [0.1, 1] : [0, 1]);
  if (log) {
    const room = Math.max((high / low) ** 0.06, 1.08);
    [low, high] = [low / room, high * room];
  } else {
    const room = (high - low) * 0.06 || Math.abs(high) * 0.1 || 1;
    [low, high] = [low - room, high + room];
  }
  const share = (value) => {
    if (log && value <= 0) return 0;
    const at = log ? Math.log(value / low) / Math.log(high / low) : (value - low) / (high - low);
    return Math.min(1, Math.max(0, at));
  };
  if (range === null) return {share, ticks: [], neutral: null};
  const ticks = valueTicks({low, high, log, most: 4}).major.map(({value, text}) => ({share: share(value), text}));
  return {share, ticks: spaced(ticks), neutral: neutral === null ? null : share(neutral)};
}

// Texts need some room: about an eighth of a strip each.
function spaced(ticks) {
  const kept = [];
  for (const tick of ticks) if (kept.length === 0 || tick.share - kept.at(-1).share > 0.12) kept.push(tick);
  return kept;
}
