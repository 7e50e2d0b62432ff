// What the picture of the curves cannot say by itself. Pure.
import {diverged} from '../../charts/curves_model.js';
import {count} from '../../lib/format.js';

const mostGroups = 24; // Of an answer of /density.
const points = (n) => (n === 1 ? '1 point is' : `${count(n)} points are`);

// Returns short phrases about a scene and the answers that it is made of.
export function notesOf(scene, answers, header) {
  const {model} = scene;
  const notes = [...countNotes(scene, answers, header)];
  const lost = model ? model.state.reduce((sum, state) => sum + (state === diverged), 0)
    : (header?.groups ?? []).reduce((sum, group) => sum + (group.diverged ?? 0), 0);
  if (lost > 0) notes.push(`▲ ${count(lost)} diverged, at their steps`);
  if (model && hasInfinite(model)) notes.push('◇ infinite');
  if (scene.zero !== null) notes.push('0 has a line of its own');
  const nan = model ? model.count.nan : header?.y?.nan ?? 0;
  if (nan > 0) notes.push(`${points(nan)} NaN, and ${nan === 1 ? 'a gap' : 'gaps'}`);
  const negative = model?.yScale.log ? model.count.negative : 0;
  if (negative > 0) notes.push(`${points(negative)} below 0, and not on a log axis`);
  return notes;
}

function* countNotes({model, axis, groups}, answers, header) {
  const {matching, shown, trials} = header ?? {};
  if (model && matching !== undefined) {
    const more = matching < 0 || matching > shown;
    if (more) yield `${count(shown)} of ${matching < 0 ? 'more than a million' : count(matching)} curves, evenly chosen`;
    else yield shown === 1 ? '1 curve' : `${count(shown)} curves`;
  }
  if (answers.density) yield `${count(trials)} curves; line: median of a group, band: its middle half, dashes: its middle 90 %`;
  if (answers.density && axis && groups.length >= mostGroups && groups.length < axis.count) yield `bands of ${groups.length} of ${count(axis.count)} values`;
  if (answers.context) yield 'in grey: all curves of the sweep';
}

// Whether a curve that did not diverge has infinite values; those of others are the
// way in which they diverged.
function hasInfinite({state, start, values, count: {infinite}}) {
  if (infinite === 0) return false;
  for (let c = 0; c < state.length; ++c) {
    if (state[c] === diverged) continue;
    for (let i = start[c]; i < start[c + 1]; ++i) if (Math.abs(values[i]) === Infinity) return true;
  }
  return false;
}
