import assert from 'node:assert/strict';
import {test} from 'node:test';
import {cellText, columnsOf, guess, seriesOf} from '../src/pages/sql/result_model.js';

const result = {
  columns: ['trial', 'depth', 'rate', 'state', 'loss'],
  rows: [[0, 2, 0.1, 'succeeded', 1], [1, 1, 0.3, 'succeeded', 0.5], [2, 2, 0.01, 'diverged', 'inf'], [3, 1, 0.2, 'succeeded', null]],
};

test('columns of numbers are told from words, values that are not finite among them', () => {
  assert.deepEqual(columnsOf(result).map((column) => column.number), [true, true, true, false, true]);
  assert.equal(columnsOf({columns: ['a'], rows: [[null]]})[0].number, false);
});

test('a plot begins with what is likely to be looked for', () => {
  assert.deepEqual(guess(columnsOf(result)), {x: 'rate', y: 'loss', colour: 'depth'});
  assert.equal(guess(columnsOf({columns: ['a'], rows: [[1]]})), null);
});

test('rows become series in the order of their values, without those that are null', () => {
  const {series, ordered, rest} = seriesOf(result, {x: 'rate', y: 'loss', colour: 'depth'}, {sorted: true});
  assert.deepEqual(series.map((one) => one.label), ['1', '2']);
  assert.deepEqual(series[1].x, [0.01, 0.1]);
  assert.deepEqual(series[1].y, [Infinity, 1]);
  assert.deepEqual(series[0].row, [1]);
  assert.ok(ordered);
  assert.equal(rest, 0);
});

test('more than twenty groups are not drawn, and counted', () => {
  const many = {columns: ['x', 'y', 'g'], rows: Array.from({length: 50}, (_, i) => [i, i, i % 25])};
  const {series, rest} = seriesOf(many, {x: 'x', y: 'y', colour: 'g'});
  assert.equal(series.length, 20);
  assert.equal(rest, 10);
});

test('cells say what they hold', () => {
  assert.equal(cellText(null), 'null');
  assert.equal(cellText('inf'), '∞');
  assert.equal(cellText('gd'), 'gd');
});
