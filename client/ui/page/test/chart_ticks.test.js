import assert from 'node:assert/strict';
import {test} from 'node:test';
import {apart, everyNth, linearPlaces, stepTicks, valueText, valueTicks} from '../src/charts/ticks.js';

const texts = (ticks) => ticks.major.map(({text}) => text);

test('small values keep their digits', () => {
  assert.equal(valueText(1e-5), '1e-5');
  assert.equal(valueText(0.00015), '1.5e-4');
  assert.equal(valueText(0.001), '0.001');
  assert.equal(valueText(0), '0');
  assert.equal(valueText(50000), '50000');
  assert.equal(valueText(1e5), '1e5');
  assert.equal(valueText(1e15), '1e15');
  assert.equal(valueText(-2e-7), '-2e-7');
});

test('a log axis has a tick per decade and thin lines between', () => {
  const ticks = valueTicks({low: 1e-5, high: 1, log: true, most: 8});
  assert.deepEqual(texts(ticks), ['1e-5', '1e-4', '0.001', '0.01', '0.1', '1']);
  assert.ok(ticks.minor.includes(2e-5) && ticks.minor.includes(0.9));
  assert.ok(!ticks.minor.includes(0.1));
});

test('a log axis of many decades leaves ticks out evenly', () => {
  assert.deepEqual(texts(valueTicks({low: 1e-9, high: 1e15, log: true, most: 8})),
    ['1e-9', '1e-6', '0.001', '1', '1000', '1e6', '1e9', '1e12', '1e15']);
});

test('a log axis of one decade has the ticks between', () => {
  assert.deepEqual(texts(valueTicks({low: 0.14, high: 1.1, log: true, most: 8})),
    ['0.15', '0.2', '0.3', '0.5', '0.7', '1']);
});

test('a log axis that spans next to nothing has linear ticks', () => {
  const ticks = texts(valueTicks({low: 0.13921, high: 0.13928, log: true, most: 5}));
  assert.deepEqual(ticks, ['0.13922', '0.13924', '0.13926', '0.13928']);
});

test('linear ticks are round', () => {
  assert.deepEqual(linearPlaces(-0.31, 0.9, 6), [-0.2, 0, 0.2, 0.4, 0.6, 0.8]);
  assert.deepEqual(linearPlaces(0, 1e-7, 6), [0, 2e-8, 4e-8, 6e-8, 8e-8, 1e-7]);
  assert.deepEqual(linearPlaces(5, 5, 5), [5]);
  assert.deepEqual(linearPlaces(0, Infinity, 5), [0]);
});

test('steps begin with 0 on a log axis', () => {
  assert.deepEqual(texts(stepTicks({low: 0, high: 4000, log: true, most: 6})), ['0', '10', '100', '1000']);
  assert.deepEqual(texts(stepTicks({low: 0, high: 1e6, log: true, most: 8})),
    ['0', '10', '100', '1000', '10000', '100000', '1e6']);
});

test('steps are whole numbers', () => {
  for (const {value} of stepTicks({low: 0, high: 3, log: false, most: 8}).major) assert.ok(Number.isInteger(value));
  assert.deepEqual(texts(stepTicks({low: 2, high: 5.5, log: true, most: 8})), ['2', '3', '4', '5']);
});

test('long linear axes of steps say k and M', () => {
  assert.deepEqual(texts(stepTicks({low: 0, high: 1e6, log: false, most: 6})), ['0', '200k', '400k', '600k', '800k', '1M']);
});

test('labels never touch', () => {
  const ticks = [1, 2, 3, 4].map((value) => ({value, text: 'wide label'}));
  const kept = apart(ticks, (value) => 30 * value, () => 50);
  assert.deepEqual(kept.map(({value}) => value), [1, 3]);
});

test('of many labels every tenth or so is shown', () => {
  assert.equal(everyNth(10, 50, 40), 1);
  assert.equal(everyNth(10, 50, 60), 2);
  assert.equal(everyNth(1000, 1, 40), 50);
});
