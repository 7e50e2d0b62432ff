import assert from 'node:assert/strict';
import {test} from 'node:test';
import {
  axisTicks, brushOf, conditionOf, floorPlace, nearestLine, orderedAxes, parallelModel, passing, placeOf, roofPlace, suitsLog,
  valueAt,
} from '../src/charts/parallel_model.js';

const answer = {
  header: {axes: [
    {name: 'depth', label: 'depth', kind: 'number', log: false},
    {name: 'learning_rate', label: 'learning rate', kind: 'number', log: true},
    {name: 'optimizer', label: 'optimizer', kind: 'word', log: false, values: ['gd', 'adam', 'momentum']},
  ]},
  trial: Float64Array.from([0, 1, 2, 3]), state: Uint8Array.from([1, 1, 2, 0]),
  depth: Float64Array.from([1, 2, 3, 3]), learning_rate: Float64Array.from([0.001, 0.1, 0.01, 0.1]),
  optimizer: Float64Array.from([0, 1, 2, 2]), final_loss: Float64Array.from([0.1, 1e-4, 1e50, NaN]),
  best_loss: Float64Array.from([0, 1e-4, 0.1, 1e-1]), steps: Float64Array.from([10, 10, 3, 1]),
};
const close = (a, b) => assert.ok(Math.abs(a - b) < 1e-6, `${a} is not ${b}`);

test('axes follow the spec, results come last', () => {
  const model = parallelModel(answer);
  assert.deepEqual(model.axes.map(({name}) => name), ['depth', 'learning_rate', 'optimizer', 'best_loss', 'final_loss']);
  close(model.axes[1].place[2], 0.5);
  close(model.axes[2].place[1], 0.5);
});

test('what diverged ends above the axis and does not stretch it', () => {
  const final = parallelModel(answer).axes[4];
  assert.deepEqual([final.low, final.high, final.log], [1e-4, 0.1, true]);
  close(final.place[2], roofPlace);
  assert.ok(final.roof && !final.zero);
  assert.ok(Number.isNaN(final.place[3]), 'what has no value yet has no place');
});

test('zero stands below a log axis', () => {
  const best = parallelModel(answer).axes[3];
  close(best.place[0], floorPlace);
  assert.ok(best.log && best.zero);
  assert.equal(axisTicks(best, 5)[0].text, '0');
});

test('ticks are round numbers or words', () => {
  const {axes} = parallelModel(answer);
  assert.deepEqual(axisTicks(axes[1], 5).map(({text}) => text), ['0.001', '0.01', '0.1']);
  assert.deepEqual(axisTicks(axes[2], 5).map(({text}) => text), ['gd', 'adam', 'momentum']);
});

test('an axis of one value has it in the middle', () => {
  const axis = {log: false, low: 3, high: 3, words: null};
  assert.equal(placeOf(axis, 3), 0.5);
  assert.deepEqual(axisTicks(axis, 5), [{place: 0.5, text: '3'}]);
});

test('a log axis suits what spreads', () => {
  assert.ok(suitsLog([1e-5, 1, NaN, Infinity]));
  assert.ok(!suitsLog([1, 2, 3]));
  assert.ok(!suitsLog([-1, 1000]));
  assert.ok(!suitsLog([]));
});

test('a brush becomes a condition that what is under it passes', () => {
  const [depth, rate, optimizer] = parallelModel(answer).axes;
  assert.deepEqual(conditionOf(rate, 0.5, 1.2), {axis: 'learning_rate', low: 0.01, high: Infinity});
  const some = conditionOf(rate, placeOf(rate, 0.0123456), placeOf(rate, 0.0654321));
  assert.ok(some.low <= 0.0123456 && some.low > 0.0123 && some.high >= 0.0654321 && some.high < 0.0655);
  assert.deepEqual(conditionOf(optimizer, 0.4, 1.05), {axis: 'optimizer', values: ['adam', 'momentum']});
  assert.equal(conditionOf(depth, -0.1, 1.1), null);
  assert.equal(conditionOf(optimizer, -0.1, 1.1), null);
});

test('a condition becomes a brush', () => {
  const [depth, rate, optimizer] = parallelModel(answer).axes;
  assert.equal(brushOf(rate, null), null);
  assert.deepEqual(brushOf(rate, {axis: 'learning_rate', low: 0.01, high: Infinity}), [0.5, roofPlace]);
  const [from, to] = brushOf(optimizer, {axis: 'optimizer', values: ['adam']});
  assert.ok(from < 0.5 && to > 0.5 && to - from < 0.1);
  assert.equal(brushOf(optimizer, {axis: 'optimizer', values: ['unknown']}), null);
  const depths = brushOf(depth, {axis: 'depth', values: ['2', '3']});
  assert.ok(depths[0] < 0.5 && depths[1] > 1);
});

test('lines pass all brushes, and not without a place', () => {
  const model = parallelModel(answer);
  assert.deepEqual([...passing(model, new Map())], [1, 1, 1, 1]);
  assert.deepEqual([...passing(model, new Map([['depth', [0.4, 1]]]))], [0, 1, 1, 1]);
  assert.deepEqual([...passing(model, new Map([['depth', [0.4, 1]], ['learning_rate', [0.9, 1]]]))], [0, 1, 0, 1]);
  assert.deepEqual([...passing(model, new Map([['final_loss', [floorPlace, roofPlace]]]))], [1, 1, 1, 0]);
});

test('the line under the pointer is found', () => {
  const model = parallelModel(answer);
  const xs = [0, 100, 200, 300, 400];
  const yPixel = (place) => 200 - 200 * place;
  assert.equal(nearestLine(model, {xs, yPixel, px: 1, py: 199}), 0);
  assert.equal(nearestLine(model, {xs, yPixel, px: 50, py: 50}), 1);
  assert.equal(nearestLine(model, {xs, yPixel, px: 50, py: 50, shown: (i) => i !== 1}), 2);
  assert.equal(nearestLine(model, {xs, yPixel, px: 50, py: 50, shown: (i) => i === 3}), -1);
  assert.equal(nearestLine({n: 0, axes: []}, {xs: [], yPixel, px: 0, py: 0}), -1);
});

test('places and values are inverse', () => {
  const axis = {log: true, low: 1e-5, high: 10};
  close(valueAt(axis, placeOf(axis, 0.02)), 0.02);
});

test('axes can be put into another order', () => {
  const axes = [{name: 'a'}, {name: 'b'}, {name: 'c'}];
  assert.deepEqual(orderedAxes(axes, ['c', 'unknown', 'a']).map(({name}) => name), ['c', 'a', 'b']);
});

test('the best line is painted last, what has not ended first', () => {
  assert.deepEqual(parallelModel(answer).order, [3, 2, 0, 1]);
});

test('an axis of few values has its ticks at them', () => {
  const [depth] = parallelModel(answer, {spec: [{name: 'depth', kind: 'number', values: [1, 2, 3]}]}).axes;
  assert.deepEqual(axisTicks(depth, 8).map(({text}) => text), ['1', '2', '3']);
});

test('a part is drawn on the axes of the whole', () => {
  const whole = parallelModel(answer);
  const one = Object.fromEntries(Object.entries(answer).map(([name, column]) => [name, column.slice?.(1, 2) ?? column]));
  const part = parallelModel(one, {like: whole});
  assert.equal(part.n, 1);
  close(part.axes[0].place[0], whole.axes[0].place[1]);
  close(part.axes[4].place[0], whole.axes[4].place[1]);
});

test('where all diverged there is nothing to read off the axis of final losses', () => {
  const lost = parallelModel({...answer, state: Uint8Array.from([2, 2, 2, 2]), final_loss: Float64Array.from([1e50, NaN, 3, 7])});
  const final = lost.axes[4];
  assert.deepEqual(axisTicks(final, 5), [{place: roofPlace, text: '∞'}]);
  assert.equal(conditionOf(final, 0.2, 0.6), null);
});
