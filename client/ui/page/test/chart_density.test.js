import assert from 'node:assert/strict';
import {test} from 'node:test';
import {bandsOf, densityExtent, densityImage, pictureCounts, stretches} from '../src/charts/density.js';
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

test('counts are shown where their steps and values are, on either kind of axis', () => {
  // Two bins of steps, 1 to 10 and 10 to 100, and two of values, 0.01 to 0.1 and 0.1 to 1.
  const answer = {header: {x: {log: true, low: 1, high: 100, bins: 2}, y: {log: true, low: 0.01, high: 1, bins: 2}}, count: Uint32Array.from([1, 2, 3, 4])};
  const size = {width: 200, height: 100};
  const at = (picture, scales_, step, value) => {
    const part = ([from, to], place, all) => Math.floor((place - from) / (to - from) * all);
    return picture.counts[part(picture.y, scales_.yScale.place(value), 100) * 200 + part(picture.x, scales_.xScale.place(step), 200)];
  };
  for (const [xLog, yLog] of [[true, true], [false, true], [true, false], [false, false]]) {
    const kind = {xScale: stepScale(xLog), yScale: valueScale(yLog)};
    const picture = pictureCounts(answer, kind, size);
    assert.deepEqual([at(picture, kind, 5, 0.05), at(picture, kind, 50, 0.05), at(picture, kind, 5, 0.5), at(picture, kind, 50, 0.5)], [1, 2, 3, 4]);
    assert.equal(at(picture, kind, 0, 0.5), 3, 'step 0 is in the first bin');
  }
});

test('linear bins are seen on a log axis from the lowest one up', () => {
  const answer = {header: {x: {log: false, low: 0, high: 10, bins: 1}, y: {log: false, low: 0, high: 1, bins: 4}}, count: Uint32Array.from([1, 2, 3, 4])};
  const picture = pictureCounts(answer, scales, {width: 1, height: 50});
  assert.deepEqual(picture.y, [Math.log10(0.25), 0]);
  assert.deepEqual([picture.counts[0], picture.counts[49]], [2, 4]);
});

test('an answer without counts is no picture', () => {
  assert.equal(pictureCounts({header: {x: {bins: 2, high: 1}, y: {bins: 2, low: 0, high: 1}}, count: new Uint32Array(3)}, scales, {width: 1, height: 1}), null);
  assert.equal(pictureCounts({header: {}}, scales, {width: 1, height: 1}), null);
});
