import assert from 'node:assert/strict';
import {test} from 'node:test';
import {formatZoom, linear, parseZoom, roomy, stepScale, valueScale} from '../src/charts/scales.js';

test('step 0 has a place on a log axis', () => {
  const scale = stepScale(true);
  assert.equal(scale.place(0), 0);
  assert.equal(scale.place(99), 2);
  assert.ok(Math.abs(scale.data(scale.place(1234)) - 1234) < 1e-9);
});

test('zero is below a log axis, and numbers below zero are nowhere', () => {
  const scale = valueScale(true);
  assert.equal(scale.place(0), -Infinity);
  assert.ok(Number.isNaN(scale.place(-1)));
  assert.ok(Number.isNaN(scale.place(NaN)));
  assert.equal(scale.place(Infinity), Infinity);
  assert.equal(valueScale(false).place(-1), -1);
});

test('a range without length gets one', () => {
  const [low, high] = roomy([3, 3]);
  assert.ok(low < 3 && high > 3);
  assert.deepEqual(roomy([Infinity, -Infinity]), [0, 1]);
});

test('pixels and places are inverse', () => {
  const map = linear(-5, 1, 400, 20);
  assert.equal(map.pixel(-5), 400);
  assert.equal(map.pixel(1), 20);
  assert.equal(map.place(map.pixel(-2.5)), -2.5);
  assert.equal(-2.5 * map.factor + map.offset, map.pixel(-2.5));
});

test('a zoom survives the address', () => {
  const zoom = {x: [10, 2000], y: [1e-5, 0.25]};
  assert.equal(formatZoom(zoom), '10,2000,0.00001,0.25');
  assert.deepEqual(parseZoom(formatZoom(zoom)), zoom);
  for (const bad of ['', null, '1,2,3', '1,2,3,x', '2,1,0,1', '1,2,,4', 'NaN,1,0,1', '0,Infinity,0,1']) {
    assert.equal(parseZoom(bad), null);
  }
});
