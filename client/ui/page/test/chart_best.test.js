import assert from 'node:assert/strict';
import {test} from 'node:test';
import {bestRange, bestRows, comparisons, profileView, profiles, sentencesOf, whiskerWords} from '../src/charts/best_model.js';
import {csv} from '../src/charts/csv.js';
import {stripScale} from '../src/charts/strip_scale.js';
import {groupColours, lineColour, needsWhite, viridis} from '../src/charts/palette.js';

const labels = new Map([['learning_rate', 'learning rate'], ['depth', 'depth'], ['lp', 'p']]);
const summary = {
  metric: 'loss', average_over: ['seed'], steps: [100, null],
  rows: [
    {by: {depth: 1}, best: [{step: 100, value: 1, standard_error: null, settings: {learning_rate: 0.5}, trials: [1]},
      {step: null, value: 0.25, standard_error: 0.05, settings: {learning_rate: 0.1}, trials: [1, 2, 3]}]},
    {by: {depth: 2}, best: [null, {step: null, value: 0.125, standard_error: 0.2, settings: {learning_rate: 0.1},
      trials: [4, 5, 6], diverged_later: true}]},
    {by: {depth: 3}, best: [null, null]},
  ],
  races: [{by: {lp: 4}, reference: 1, sentence: 'p = 4: steps\n  depth 2: 2x faster\n  learning rates apart', groups: [
    {depth: 1, quoted: null, at: [{goal: 0.5, speed_up: null}]},
    {depth: 2, quoted: 0.25, at: [
      {goal: 0.5, speed_up: {value: 0.9, bound: 'exact'}, interval: [0.8, 1.1], verdict: 'tie'},
      {goal: 0.25, speed_up: {value: 2, bound: 'at_least'}, interval: [1.5, 'infinity'], verdict: 'faster'}]},
  ]}],
  levels: [{by: {}, reference: 1, step: null, sentence: 'accuracy', groups: [
    {depth: 1, comparison: null},
    {depth: 2, comparison: {kind: 'difference', value: 0.1, interval: null}, verdict: 'better'},
  ]}],
};

test('each group has its best setting', () => {
  const rows = bestRows(summary, labels);
  assert.deepEqual(rows.map(({label, value}) => [label, value]), [['depth 1', 0.25], ['depth 2', 0.125], ['depth 3', null]]);
  assert.deepEqual([rows[0].low, rows[0].high, rows[0].setting, rows[0].n], [0.2, 0.3, 'learning rate 0.1', 3]);
  assert.deepEqual(rows[1].notes, ['diverged later']);
  assert.deepEqual(bestRows(summary, labels, 0).map(({value, low}) => [value, low]), [[1, null], [null, null], [null, null]]);
});

test('a whisker below zero does not count on a log axis', () => {
  const rows = bestRows(summary, labels);
  assert.deepEqual(bestRange(rows, true), [0.125, 0.325]);
  assert.ok(bestRange(rows, false)[0] < 0);
  assert.equal(bestRange([], true), null);
});

test('what a whisker is, is said', () => {
  assert.match(whiskerWords(summary, bestRows(summary, labels)), /3 trials \(seed\).*one standard error/);
  assert.match(whiskerWords(summary, bestRows(summary, labels, 0)), /no interval/);
  assert.match(whiskerWords(summary, [{value: null, error: null, n: 0}]), /No setting has a value/);
});

test('comparisons have the intervals of the program', () => {
  assert.deepEqual(comparisons(summary, labels), [
    {label: 'p 4, depth 2', against: 'depth 1', kind: 'speed-up', at: 'to 0.25', value: 2, low: 1.5, high: Infinity,
      bound: 'at_least', verdict: 'faster'},
    {label: 'depth 2', against: 'depth 1', kind: 'difference', at: 'at the end', value: 0.1, low: null, high: null,
      bound: 'exact', verdict: 'better'},
  ]);
});

test('speed-ups are known at every goal', () => {
  const [profile] = profiles(summary, labels);
  assert.deepEqual([profile.title, profile.against, profile.groups.length], ['p 4', 'depth 1', 1]);
  const [{label, points}] = profile.groups;
  assert.equal(label, 'depth 2');
  assert.deepEqual(points.map(({goal, value}) => [goal, value]), [[0.5, 0.9], [0.25, 2]]);
  const view = profileView(profile);
  assert.ok(view.x[0] < -Math.log10(0.5) && view.x[1] > -Math.log10(0.25));
  assert.ok(view.y[0] < Math.log10(0.8) && view.y[1] > Math.log10(2) && view.y[1] < 1, 'infinity does not count');
});

test('sentences keep their lines', () => {
  const [first, second] = sentencesOf({summary});
  assert.deepEqual([first.title, first.lines], ['p = 4: steps', ['depth 2: 2x faster', 'learning rates apart']]);
  assert.equal(second.title, 'accuracy');
  const lines = sentencesOf({summary, sentences: ['one:', '  depth 2: faster', '  apart', 'two']});
  assert.deepEqual(lines.map(({title, text}) => [title, text]), [['one:', 'one:\n  depth 2: faster\n  apart'], ['two', 'two']]);
});

test('a summary of nothing is nothing', () => {
  assert.deepEqual(bestRows({}, labels), []);
  assert.deepEqual(comparisons({}, labels), []);
  assert.deepEqual(sentencesOf({}), []);
});

test('csv quotes what needs it', () => {
  assert.equal(csv(['a', 'b,c'], [[1, 'say "x"'], [null, 'x\ny']]), 'a,"b,c"\r\n1,"say ""x"""\r\n,"x\ny"\r\n');
});

test('colours are those of the program, and lines are seen on either ground', () => {
  assert.equal(lineColour(0), '#440154');
  assert.equal(lineColour(1), '#6ece58');
  assert.ok(!needsWhite(viridis(1)) && needsWhite(viridis(0)));
  assert.notEqual(lineColour(0, 'dark'), '#440154');
  assert.equal(new Set(groupColours(20)).size, 20);
  assert.deepEqual(groupColours(2, {ordered: false}), ['#0072b2', '#d55e00']);
  assert.equal(groupColours(9, {ordered: false})[0], '#440154');
});

test('rows share an axis on which all of their dots are', () => {
  const scale = stripScale([0.1, 10], true, 1);
  assert.ok(scale.share(0.1) > 0.01 && scale.share(10) < 0.99);
  assert.ok(Math.abs(scale.neutral - 0.5) < 1e-9);
  assert.deepEqual(scale.ticks.map(({text}) => text), ['0.1', '1', '10']);
  assert.equal(scale.share(Infinity), 1);
  assert.equal(scale.share(-1), 0);
  const flat = stripScale([2, 2], false);
  assert.ok(flat.share(2) > 0 && flat.share(2) < 1);
  assert.deepEqual(stripScale(null, true).ticks, [], 'an axis of nothing has no numbers');
  for (const [i, tick] of stripScale([0.001, 0.0012], true).ticks.entries()) assert.ok(tick.share >= 0 && i < 8);
});
