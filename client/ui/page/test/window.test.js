import assert from 'node:assert/strict';
import {test} from 'node:test';
import {reveal, rowAt, rowHeight, rowsToDraw, scrollTo, spaceFor} from '../src/lib/window.js';

const view = 20 * rowHeight;

test('short tables scroll by pixels', () => {
  assert.equal(spaceFor(1000), 1000 * rowHeight);
  assert.equal(rowAt(10 * rowHeight, 1000, view), 10);
  assert.equal(scrollTo(10, 1000, view), 10 * rowHeight);
});

test('a million rows fit into what browsers can scroll, and each can be reached', () => {
  const count = 1e6;
  assert.ok(spaceFor(count) <= 12e6);
  assert.equal(rowAt(spaceFor(count) - view, count, view), count - 20);
  assert.equal(rowAt(0, count, view), 0);
  for (const row of [0, 1, 777777, count - 20]) {
    assert.ok(Math.abs(rowAt(scrollTo(row, count, view), count, view) - row) < 1e-6, row);
  }
});

test('only what is seen is drawn, whatever the length', () => {
  for (const count of [5, 1000, 1e8]) {
    const [first, last] = rowsToDraw(count / 2, count, view);
    assert.ok(last - first <= 40 && first >= 0 && last <= count, count);
  }
  assert.deepEqual(rowsToDraw(0, 0, view), [0, 0]);
});

test('a row is brought into view by the least move', () => {
  assert.equal(reveal(5, 10, view), 5);
  assert.equal(reveal(12, 10, view), 10);
  assert.equal(reveal(40, 10, view), 22);
});
