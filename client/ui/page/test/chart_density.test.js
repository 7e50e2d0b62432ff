import assert from 'node:assert/strict';
import {test} from 'node:test';
import {bandsOf, densityExtent, densityImage, stretches} from '../src/charts/density.js';
import {stepScale, valueScale} from '../src/charts/scales.js';

const scales = {xScale: stepScale(true), yScale: valueScale(true)};

test('the picture is upright, empty bins are clear, and one curve is seen', () => {
  const bytes = densityImage(Uint32Array.from([0, 1, 1000, 0]), {width: 2, height: 2}, [10, 20, 30], 0.8);
  const pixel = (x, y) => [...bytes.slice(4 * (2 * y + x), 4 * (2 * y + x) + 4)];
  assert.deepEqual(pixel(0, 1), [0, 0, 0, 0]);
  assert.deepEqual(pixel(0, 0).slice(0, 3), [10, 20, 30]);
  assert.equal(pixel(0, 0)[3], 204);
  assert.ok(pixel(1, 1)[3] > 30 && pixel(1, 1)[3] < 100);
});

test('a picture of nothing is clear', () => {
  assert.ok(densityImage(new Uint32Array(4), {width: 2, height: 2}, [1, 1, 1]).every((byte) => byte === 0));
});

test('bands come by group, in places', () => {
  const answer = {
    header: {groups: [{label: '2', value: 2, trials: 5, diverged: 1}]}, steps: Float64Array.from([0, 9]),
    'g0.q50': Float64Array.from([1, 0.1]), 'g0.q05': Float64Array.from([0, NaN]), 'g0.diverged_at': Float64Array.from([9]),
  };
  const [band] = bandsOf(answer, scales);
  assert.deepEqual([...band.x], [0, 1]);
  assert.deepEqual([...band.q50], [0, -1]);
  assert.equal(band.q05[0], -Infinity);
  assert.equal(band.q95.length, 0);
  assert.deepEqual([...band.divergedAt], [9]);
});

test('a band breaks where it has no values', () => {
  assert.deepEqual(stretches([1, 2, NaN, 4, 5], [2, 3, 4, NaN, 9]), [[0, 2], [4, 5]]);
  assert.deepEqual(stretches([], []), []);
});

test('the axis of a density makes room for zeros', () => {
  const header = (zero) => ({x: {low: 1, high: 1000, log: true}, y: {low: 1e-4, high: 1, zero, log: true}});
  assert.equal(densityExtent({header: header(0)}, scales).zero, null);
  const all = densityExtent({header: header(7)}, scales);
  assert.ok(all.zero < -4 && all.y[0] < all.zero);
  const nothing = densityExtent({header: {x: {high: 0}, y: {low: null, high: null, zero: 0}}}, scales);
  assert.ok(nothing.x[0] < nothing.x[1] && nothing.y[0] < nothing.y[1]);
});
