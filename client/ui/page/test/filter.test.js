import assert from 'node:assert/strict';
import {test} from 'node:test';
import {formatCondition, parseCondition, passes, readFilter, toggled, withRange, withValues, without, writeFilter} from '../src/state/filter.js';

test('a filter survives the way through an address', () => {
  const filter = [{axis: 'depth', values: ['2', '3']}, {axis: 'learning_rate', low: 1e-5, high: Infinity},
    {axis: 'name', values: ['a|b', '50%', 'x:y', '1..2', 'ü', '']}];
  const query = new URLSearchParams(writeFilter(filter).map((text) => ['where', text]));
  assert.deepEqual(readFilter(new URLSearchParams(query.toString())), filter);
});

test('conditions are written as the program reads them', () => {
  assert.equal(formatCondition({axis: 'depth', values: ['2', '3']}), 'depth:2|3');
  assert.equal(formatCondition({axis: 'final_loss', low: 0.00001, high: 0.01}), 'final_loss:0.00001..0.01');
  assert.equal(formatCondition({axis: 'steps', low: -Infinity, high: 10}), 'steps:..10');
});

test('what is no condition is left out', () => {
  for (const text of ['', 'depth', ':2', 'depth:%zz', 'depth:a..b']) assert.equal(parseCondition(text), null, text);
  assert.deepEqual(readFilter(new URLSearchParams('where=depth&where=lp:2')), [{axis: 'lp', values: ['2']}]);
});

test('an axis has one condition, the last', () => {
  assert.deepEqual(readFilter(new URLSearchParams('where=depth:1&where=depth:2')), [{axis: 'depth', values: ['2']}]);
});

test('conditions change without those of other axes', () => {
  const filter = [{axis: 'depth', values: ['2']}];
  assert.deepEqual(toggled(filter, 'depth', 3), [{axis: 'depth', values: ['2', '3']}]);
  assert.deepEqual(toggled(filter, 'depth', 2), []);
  assert.deepEqual(withValues(filter, 'lp', [4]), [...filter, {axis: 'lp', values: ['4']}]);
  assert.deepEqual(withRange(filter, 'depth', 1, 2), [{axis: 'depth', low: 1, high: 2}]);
  assert.deepEqual(withRange(filter, 'depth', -Infinity, Infinity), []);
  assert.deepEqual(without(filter, 'lp'), filter);
});

test('values pass by text, numbers also by range', () => {
  assert.ok(passes([{axis: 'depth', values: ['2']}], 'depth', 2));
  assert.ok(!passes([{axis: 'depth', values: ['2']}], 'depth', 22));
  assert.ok(passes([{axis: 'depth', low: 2, high: 3}], 'depth', 3));
  assert.ok(!passes([{axis: 'depth', low: 2, high: 3}], 'depth', 3.5));
  assert.ok(passes([], 'depth', 9));
});
