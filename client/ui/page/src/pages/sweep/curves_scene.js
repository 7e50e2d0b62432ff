// From answers of the program to what the picture of the curves shows. Pure.
import {colouring} from '../../charts/colouring.js';
import {curvesModel, extent, viewOf} from '../../charts/curves_model.js';
import {bandsOf, densityExtent, pictureCounts} from '../../charts/density.js';
import {stepTicks, placed, valueTicks} from '../../charts/ticks.js';

export const limit = 2000;
const pictureSize = {width: 480, height: 280};

// Returns what the address asks for, with what an address that says nothing means.
export function settingsOf(sweep, query) {
  const metrics = sweep.metrics ?? [];
  const metric = metrics.find(({name}) => name === query.get('metric')) ?? metrics[0] ?? {name: 'loss', label: 'loss', log: true};
  const axes = (sweep.axes ?? []).filter(({count}) => count > 1);
  const standardBy = (axes.find(({name}) => name === 'depth') ?? axes.find(({count}) => count <= 12) ?? axes[0])?.name ?? 'none';
  const by = query.get('by') === 'none' ? 'none' : axes.find(({name}) => name === query.get('by'))?.name ?? standardBy;
  const spacing = sweep.spec?.trial?.record?.spacing;
  const standardX = spacing === 'linear' ? 'linear' : 'log';
  const standardY = metric.log === false ? 'linear' : 'log';
  const either = (name, standard) => (['log', 'linear'].includes(query.get(name)) ? query.get(name) : standard);
  const show = ['curves', 'density'].includes(query.get('show')) ? query.get('show') : 'auto';
  return {
    metric, by, standardBy, show, standardX, standardY,
    xLog: either('xscale', standardX) === 'log',
    yLog: either('yscale', standardY) === 'log',
    axis: axes.find(({name}) => name === by) ?? null,
    off: new Set(query.getAll('off')),
  };
}

// How many trials have begun, and may have a curve.
export function begun(sweep) {
  const counts = sweep.counts ?? {};
  return Math.max(0, (sweep.trials ?? 0) - (counts.pending ?? 0));
}

// Returns which answers are wanted: {curves, density, context}: single curves, how
// all that match are spread, and how all of the sweep are spread, behind the curves
// of a filter. `matching` is what the last answer of /curves said, null before it.
export function wanted({show}, sweep, filtered, matching) {
  const many = begun(sweep) > limit;
  if (show === 'curves') return {curves: true, density: false, context: false};
  if (show === 'density') return {curves: false, density: true, context: false};
  if (many && !filtered) return {curves: false, density: true, context: false};
  const tooMany = matching !== null && (matching < 0 || matching > limit);
  return {curves: true, density: tooMany, context: many && !tooMany};
}

// Returns which answers show more of what is zoomed to, as parameters for /curves and
// /density, null where there is nothing more: of curves when points were left out.
export function closer(zoom, {curves, density}) {
  if (!zoom) return {curves: null, density: null};
  const range = ([low, high]) => `${low}..${high}`;
  return {
    curves: curves?.header.thinned ? {steps: range(zoom.x)} : null,
    density: density ? {steps: range(zoom.x), values: range(zoom.y)} : null,
  };
}

// Returns the scene for CurvesPlot without sizes and colours of the theme.
// `answers`: {curves, density, context}, each an answer or null, and `near`: the same
// for what is zoomed to, in more detail.
export function sceneOf(answers, settings, zoom, theme) {
  const {xLog, yLog, axis, off} = settings;
  const spread = answers.density ?? answers.context;
  const near = (zoom && answers.near) || {};
  const whole = curvesModel(answers.curves ?? noCurves, {xLog, yLog});
  const model = answers.curves && near.curves ? curvesModel(near.curves, {xLog, yLog}) : whole;
  const groups = ((answers.curves && near.curves) ?? answers.curves ?? spread)?.header.groups ?? [];
  const colours = colouring(groups, axis, theme);
  const isOn = groups.map(({label}) => !off.has(String(label)));
  const shown = (c) => model.group[c] < 0 || isOn[model.group[c]] !== false;
  let count = 0;
  for (let c = 0; c < model.n; ++c) if (shown(c)) ++count;
  const extents = [];
  const shownOfWhole = (c) => whole.group[c] < 0 || isOn[whole.group[c]] !== false;
  if (answers.curves && (count > 0 || !spread)) extents.push(extent(whole, shownOfWhole));
  if (spread) extents.push(densityExtent(spread, model));
  const all = extents.length > 0 ? joined(extents) : extent(whole);
  const view = viewOf(all, zoom, model);
  const drawn = answers.density && near.density ? near.density : spread;
  const bands = drawn ? bandsOf(drawn, model).filter(({label}) => !off.has(String(label))) : [];
  const {place: xPlace, data: xData} = model.xScale;
  const ticks = {
    x: (most) => placed(stepTicks({low: Math.max(0, xData(view.x[0])), high: xData(view.x[1]), log: xLog, most}), {place: xPlace}),
    y: (most) => yTicks(view, all, model.yScale, most),
  };
  return {
    model: answers.curves ? model : null, whole: answers.curves ? whole : null, xScale: model.xScale, scales: model, all, view, zero: inView(all.zero, view), groups, axis,
    isOn, colours, shown, count, bands, ticks, steps: drawn?.steps ?? null, faint: Boolean(answers.context && !answers.density),
    density: drawn ? pictureCounts(drawn, model, pictureSize) : null,
    colourOf: (c) => colours.colours[Math.max(0, model.group[c])] ?? colours.colours[0],
    bandColour: ({label}) => colours.colours[groups.findIndex((group) => group.label === label)] ?? colours.colours[0],
  };
}

const noCurves = {
  header: {}, trial: new Float64Array(), group: new Int32Array(), state: new Uint8Array(), start: new Int32Array(1),
  end_step: new Float64Array(), step: new Float64Array(), value: new Float64Array(),
};

function joined(extents) {
  const zeros = extents.map(({zero}) => zero).filter((zero) => zero !== null);
  return {
    x: [Math.min(...extents.map(({x}) => x[0])), Math.max(...extents.map(({x}) => x[1]))],
    y: [Math.min(...extents.map(({y}) => y[0])), Math.max(...extents.map(({y}) => y[1]))],
    zero: zeros.length > 0 ? Math.min(...zeros) : null,
  };
}

const inView = (zero, {y}) => (zero !== null && zero >= y[0] && zero <= y[1] ? zero : null);

function yTicks(view, all, scale, most) {
  const floor = inView(all.zero, view);
  // Between the lowest decade and the line of zeros there is nothing to be read off.
  const low = floor === null ? view.y[0] : floor + 0.04 * (all.y[1] - floor);
  const ticks = placed(valueTicks({low: scale.data(low), high: scale.data(view.y[1]), log: scale.log, most}), scale);
  if (floor !== null) ticks.major.unshift({place: floor, text: '0'});
  return ticks;
}

// Returns a sentence for those who do not see the picture.
export function curvesSummary(scene, settings, header) {
  const {metric, axis} = settings;
  const by = axis ? ` by ${axis.label ?? axis.name}` : '';
  const count = scene.model ? `${scene.count} curves` : `the spread of ${header?.trials ?? 0} curves`;
  const diverged = scene.model ? [...scene.model.state].filter((state, c) => state === 2 && scene.shown(c)).length : 0;
  const {data} = scene.scales.yScale;
  const ends = [scene.view.y[0], scene.view.y[1]].map((place) => Number(data(place).toPrecision(2)));
  return `${metric.label ?? metric.name} over steps${by}: ${count}, from ${ends[0]} to ${ends[1]}.` +
    (diverged > 0 ? ` ${diverged} diverged.` : '') +
    (scene.model ? ' Arrow keys go along a curve and from curve to curve, Enter opens its trial.' : '');
}
