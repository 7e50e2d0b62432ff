import assert from 'node:assert/strict';
import {test} from 'node:test';
import {colouring, mostNamed, opacityOf} from '../src/charts/colouring.js';
import {notesOf} from '../src/pages/sweep/curves_notes.js';
import {closer, curvesSummary, sceneOf, settingsOf, wanted} from '../src/pages/sweep/curves_scene.js';

const sweep = {
  trials: 5000, counts: {pending: 4000}, metrics: [{name: 'loss', label: 'loss', log: true}, {name: 'accuracy', label: 'accuracy', log: false}],
  axes: [{name: 'lp', kind: 'number', count: 1, values: [2]}, {name: 'seed', kind: 'number', count: 20, values: []},
    {name: 'depth', label: 'depth', kind: 'number', count: 2, values: [1, 2]}],
};
const query = (text) => new URLSearchParams(text);
const curves = {
  header: {matching: 2, shown: 2, groups: [{label: '1', value: 1}, {label: '2', value: 2}]},
  trial: Float64Array.from([7, 8]), group: Int32Array.from([0, 1]), state: Uint8Array.from([1, 1]), start: Int32Array.from([0, 2, 4]),
  end_step: Float64Array.from([9, 9]), step: Float64Array.from([0, 9, 0, 9]), value: Float64Array.from([1, 0.1, 1, 0]),
};
const density = {
  header: {trials: 5000, done: 0.5, x: {log: true, low: 1, high: 99, bins: 2}, y: {log: true, low: 1e-4, high: 1, bins: 2, zero: 0},
    groups: [{label: '1', value: 1, trials: 5, diverged: 0}, {label: '2', value: 2, trials: 5, diverged: 1}]},
  count: Uint32Array.from([1, 2, 3, 4]), steps: Float64Array.from([0, 99]),
};

test('an address that says nothing shows the loss by depth on log axes', () => {
  const settings = settingsOf(sweep, query(''));
  assert.deepEqual([settings.metric.name, settings.by, settings.xLog, settings.yLog, settings.show],
    ['loss', 'depth', true, true, 'auto']);
});

test('the address chooses, and nonsense in it does no harm', () => {
  const settings = settingsOf(sweep, query('metric=accuracy&by=seed&xscale=linear&off=3&off=5&show=density'));
  assert.deepEqual([settings.metric.name, settings.by, settings.xLog, settings.yLog, settings.show],
    ['accuracy', 'seed', false, false, 'density']);
  assert.deepEqual([...settings.off], ['3', '5']);
  const odd = settingsOf(sweep, query('metric=x&by=y&xscale=z&show=w'));
  assert.deepEqual([odd.metric.name, odd.by, odd.xLog, odd.show], ['loss', 'depth', true, 'auto']);
  assert.equal(settingsOf({}, query('')).metric.name, 'loss');
  assert.equal(settingsOf(sweep, query('by=none')).axis, null);
});

test('a step axis is as the points were recorded', () => {
  assert.equal(settingsOf({...sweep, spec: {trial: {record: {spacing: 'linear'}}}}, query('')).xLog, false);
});

test('single curves as long as they are few, then how they are spread', () => {
  const many = {...sweep, counts: {pending: 0}};
  const is = (answer, text) => assert.equal(Object.keys(answer).filter((name) => answer[name]).join(), text);
  is(wanted({show: 'auto'}, sweep, false, null), 'curves');
  is(wanted({show: 'auto'}, many, false, null), 'density');
  is(wanted({show: 'auto'}, many, true, null), 'curves,context');
  is(wanted({show: 'auto'}, many, true, 2001), 'curves,density');
  is(wanted({show: 'auto'}, many, true, -1), 'curves,density');
  is(wanted({show: 'auto'}, sweep, false, 2001), 'curves,density');
  is(wanted({show: 'curves'}, many, false, 9999), 'curves');
  is(wanted({show: 'density'}, sweep, true, 1), 'density');
});

test('groups that are off are not shown and do not count', () => {
  const settings = settingsOf(sweep, query('off=2'));
  const scene = sceneOf({curves, density: null, context: null}, settings, null, 'light');
  assert.equal(scene.count, 1);
  assert.deepEqual(scene.isOn, [true, false]);
  assert.equal(scene.zero, null);
  const all = sceneOf({curves, density: null, context: null}, settingsOf(sweep, query('')), null, 'light');
  assert.notEqual(all.zero, null);
  assert.equal(all.ticks.y(8).major[0].text, '0');
});

test('a density stands where its bins say', () => {
  const scene = sceneOf({curves: null, density, context: null}, settingsOf(sweep, query('')), null, 'light');
  assert.deepEqual(scene.density.x, [0, 2]);
  assert.deepEqual(scene.density.y, [-4, 0]);
  assert.equal(scene.bands.length, 2);
  assert.ok(!scene.faint);
});

test('curves of a filter lie over the grey of all', () => {
  const scene = sceneOf({curves, density: null, context: density}, settingsOf(sweep, query('')), null, 'light');
  assert.ok(scene.faint && scene.model !== null);
  assert.ok(scene.all.y[0] < -4);
});

test('nothing at all is a scene, too', () => {
  const scene = sceneOf({curves: null, density: null, context: null}, settingsOf({}, query('')), {x: [1, 2], y: [1, 2]}, 'dark');
  assert.ok(scene.view.y[0] < scene.view.y[1]);
  assert.equal(scene.count, 0);
});

test('a picture is told', () => {
  const settings = settingsOf(sweep, query(''));
  const scene = sceneOf({curves, density: null, context: null}, settings, null, 'light');
  assert.match(curvesSummary(scene, settings, curves.header), /^loss over steps by depth: 2 curves, from .* to .*\./);
});

test('many numbers have a colour bar, words never', () => {
  const groups = Array.from({length: mostNamed + 1}, (_, i) => ({label: String(i + 1), value: i + 1}));
  const bar = colouring(groups, {kind: 'number', log: true}, 'light');
  assert.deepEqual([bar.kind, bar.low, bar.high, bar.log], ['scale', 1, mostNamed + 1, true]);
  assert.equal(bar.colours[0], '#440154');
  assert.equal(colouring(groups, {kind: 'word'}, 'light').kind, 'names');
  assert.equal(colouring(groups.slice(1), {kind: 'number'}, 'light').kind, 'names');
  assert.equal(colouring([], null, 'dark').colours.length, 1);
});

test('a value keeps its colour when a filter leaves few', () => {
  const axis = {kind: 'number', values: [1, 2, 3]};
  const group = (value) => ({label: String(value), value});
  const all = colouring([1, 2, 3].map(group), axis, 'light');
  const one = colouring([group(3)], axis, 'light');
  assert.equal(one.colours[0], all.colours[2]);
  const many = {kind: 'number', log: false, values: Array.from({length: 40}, (_, i) => i)};
  const few = colouring([group(39)], many, 'light');
  assert.deepEqual([few.kind, few.colours[0]], ['names', '#6ece58']);
  const words = {kind: 'word', values: ['gd', 'adam']};
  assert.equal(colouring([group('adam')], words, 'light').colours[0], '#d55e00');
});

test('many curves are paler, and still there', () => {
  assert.ok(opacityOf(10) > opacityOf(200) && opacityOf(200) > opacityOf(2000));
  assert.ok(opacityOf(1e6) >= 0.2);
});

test('what the picture cannot say is said', () => {
  const answers = {curves: {...curves, value: Float64Array.from([1, NaN, -1, 0]), state: Uint8Array.from([2, 1])}, density: null, context: null};
  const scene = sceneOf(answers, settingsOf(sweep, query('')), null, 'light');
  assert.deepEqual(notesOf(scene, answers, curves.header),
    ['2 curves', '▲ 1 diverged, at their steps', '0 has a line of its own', '1 point is NaN, and a gap', '1 point is below 0, and not on a log axis']);
  const some = {...curves, header: {...curves.header, matching: -1}, value: Float64Array.from([1, Infinity, 1, 1])};
  const part = sceneOf({curves: some, density: null, context: density}, settingsOf(sweep, query('')), null, 'light');
  assert.deepEqual(notesOf(part, {curves: some, context: density}, some.header),
    ['2 of more than a million curves, evenly chosen', 'in grey: all curves of the sweep', '◇ infinite']);
  const spread = sceneOf({curves: null, density, context: null}, settingsOf(sweep, query('')), null, 'light');
  assert.match(notesOf(spread, {density}, density.header).join(), /^5,000 curves; line.*1 diverged/);
});

test('what is zoomed to is asked for when there is more of it', () => {
  const zoom = {x: [2, 5], y: [0, 1]};
  assert.deepEqual(closer(null, {curves, density}), {curves: null, density: null});
  assert.deepEqual(closer(zoom, {curves, density: null}), {curves: null, density: null});
  const thinned = {...curves, header: {...curves.header, thinned: true}};
  assert.deepEqual(closer(zoom, {curves: thinned, density}), {curves: {steps: '2..5'}, density: {steps: '2..5', values: '0..1'}});
});

test('a closer look shows its own points on the axes of the whole', () => {
  const settings = settingsOf(sweep, query(''));
  const zoom = {x: [2, 5], y: [0.01, 1]};
  const near = {curves: {...curves, start: Int32Array.from([0, 3, 6]), step: Float64Array.from([2, 3, 4, 2, 3, 4]),
    value: Float64Array.from([0.5, 0.4, 0.3, 0.5, 0.4, 0.3])}, density: null};
  const answers = {curves, density: null, context: null, near};
  const scene = sceneOf(answers, settings, zoom, 'light');
  assert.equal(scene.model.steps.length, 6);
  assert.deepEqual(scene.all, sceneOf({...answers, near: null}, settings, zoom, 'light').all);
  // Zoomed out again, the whole is back.
  assert.equal(sceneOf(answers, settings, null, 'light').model.steps.length, 4);
});

test('a density that was counted for a part lies where the part is', () => {
  const settings = settingsOf(sweep, query('show=density'));
  const part = {...density, header: {...density.header, x: {log: true, low: 9, high: 99, bins: 2}}};
  const scene = sceneOf({curves: null, density, context: null, near: {curves: null, density: part}}, settings, {x: [9, 99], y: [1e-4, 1]}, 'light');
  assert.deepEqual(scene.density.x.map((place) => Number(place.toFixed(6))), [1, 2]);
  assert.equal(sceneOf({curves: null, density, context: null, near: null}, settings, null, 'light').density.x[0], 0);
});
