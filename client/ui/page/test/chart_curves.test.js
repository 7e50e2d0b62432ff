import assert from 'node:assert/strict';
import {test} from 'node:test';
import {curvesByGroup, curvesModel, extent, marksOf, scaledView, viewOf, zoomOf} from '../src/charts/curves_model.js';
import {lowerBound, nearestCurve, nearestPoint, squareToSegment} from '../src/charts/hit.js';
import {linear} from '../src/charts/scales.js';

// Curves are [state, endStep, [[step, value], ...], group].
function answer(curves) {
  const points = curves.flatMap(([, , list]) => list);
  const start = new Int32Array(curves.length + 1);
  curves.forEach(([, , list], i) => {
    start[i + 1] = start[i] + list.length;
  });
  return {
    header: {}, trial: Float64Array.from(curves, (_, i) => i), group: Int32Array.from(curves, ([, , , group]) => group ?? -1),
    state: Uint8Array.from(curves, ([state]) => state), start, end_step: Float64Array.from(curves, ([, end]) => end),
    step: Float64Array.from(points, ([step]) => step), value: Float64Array.from(points, ([, value]) => value),
  };
}

const log = {xLog: true, yLog: true};

test('what diverged does not stretch the axis, and ends in one mark at its step', () => {
  const model = curvesModel(answer([
    [1, 100, [[0, 1], [10, 0.1], [100, 0.01]]],
    [2, 12, [[0, 2], [5, 0.5], [10, 1e30], [11, Infinity]]],
  ]), log);
  const all = extent(model);
  assert.ok(all.y[1] > Math.log10(2) && all.y[1] < 1, `ends at ${all.y[1]}`);
  assert.ok(all.y[0] < -2 && all.y[0] > -3);
  assert.deepEqual(marksOf(model), [{curve: 1, kind: 'diverged', place: Math.log10(13), step: 12}]);
});

test('when all have diverged there is still a sensible axis', () => {
  const all = extent(curvesModel(answer([[2, 3, [[0, 1], [1, 100], [2, 1e200]]]]), log));
  assert.ok(all.y[0] < 0 && all.y[1] > 3 && all.y[1] < 4, `three decades of how they rose: ${all.y}`);
  const short = extent(curvesModel(answer([[2, 3, [[0, 1], [1, 20]]]]), log));
  assert.ok(short.y[1] > Math.log10(20) && short.y[1] < 2, `no more than there is: ${short.y}`);
  assert.ok(all.x[1] >= Math.log10(4));
});

test('a curve that spikes without diverging is shown whole', () => {
  const all = extent(curvesModel(answer([[1, 2, [[0, 1], [1, 1e6], [2, 1]]]]), log));
  assert.ok(all.y[1] >= 6);
});

test('zero has a line of its own below a log axis', () => {
  const model = curvesModel(answer([[1, 2, [[0, 1], [1, 0.1], [2, 0]]]]), log);
  const all = extent(model);
  assert.ok(all.zero > all.y[0] && all.zero < -1);
  assert.equal(model.y[2], -Infinity);
  assert.equal(extent(curvesModel(answer([[1, 1, [[0, 1], [1, 0]]]]), {xLog: true, yLog: false})).zero, null);
});

test('denormal numbers do not get the axis to themselves', () => {
  const all = extent(curvesModel(answer([[1, 1, [[0, 1], [1, 0.1], [2, 5e-324]]]]), log));
  assert.ok(all.y[0] > -2);
});

test('NaN is a gap and infinity a mark', () => {
  const model = curvesModel(answer([[1, 3, [[0, 1], [1, NaN], [2, Infinity], [3, 0.5]]]]), log);
  assert.ok(Number.isNaN(model.y[1]));
  assert.deepEqual(model.count, {zero: 0, nan: 1, infinite: 1, negative: 0});
  assert.deepEqual(marksOf(model), [{curve: 0, kind: 'infinite', place: Math.log10(3), step: 2, up: true}]);
  assert.ok(extent(model).y[1] < 1);
});

test('a curve of one point is a point, one without points nothing', () => {
  const model = curvesModel(answer([[0, -1, [[0, 0.5]]], [0, -1, []]]), log);
  assert.deepEqual(marksOf(model), [{curve: 0, kind: 'point', place: 0, y: Math.log10(0.5), step: 0}]);
  const all = extent(model);
  assert.ok(all.y[0] < all.y[1] && all.x[0] < all.x[1]);
});

test('an answer without curves has an axis', () => {
  const all = extent(curvesModel(answer([]), log));
  assert.ok(all.y[0] < all.y[1] && all.x[0] < all.x[1]);
});

test('curves of groups that are switched off do not count', () => {
  const model = curvesModel(answer([[1, 1, [[0, 1], [1, 1]], 0], [1, 1, [[0, 1e9], [1, 1e9]], 1]]), log);
  assert.ok(extent(model, (c) => model.group[c] === 0).y[1] < 1);
  assert.deepEqual([...curvesByGroup(model)], [[0, [0]], [1, [1]]]);
});

test('a zoom goes into the address and back', () => {
  const model = curvesModel(answer([[1, 1000, [[0, 1], [1000, 1e-4]]]]), log);
  const all = extent(model);
  const zoom = zoomOf({x: [1, 2], y: [-3, -1]}, all, model);
  assert.deepEqual(zoom.x.map(Math.round), [9, 99]);
  const view = viewOf(all, zoom, model);
  assert.ok(Math.abs(view.x[0] - 1) < 1e-9 && Math.abs(view.y[1] + 1) < 1e-9);
  assert.equal(viewOf(all, null, model), all);
  assert.equal(viewOf(all, {x: [1, 2], y: [-2, -1]}, model), all);
});

test('closer and farther, around a place and never beyond all', () => {
  const all = {x: [0, 4], y: [-8, 0]};
  assert.deepEqual(scaledView(all, all, 0.5, [1, -8]), {x: [0.5, 2.5], y: [-8, -4]});
  assert.deepEqual(scaledView({x: [3, 4], y: [-1, 0]}, all, 2, [3, -1]), {x: [2, 4], y: [-2, 0]});
  assert.equal(scaledView({x: [1, 2.95], y: [-6, -1]}, all, 2, [1, -3]), null);
});

test('a zoom down to zero keeps the line of zeros', () => {
  const model = curvesModel(answer([[1, 2, [[0, 1], [1, 0.1], [2, 0]]]]), log);
  const all = extent(model);
  const zoom = zoomOf({x: [0, 0.2], y: [all.y[0], -0.5]}, all, model);
  assert.equal(zoom.y[0], 0);
  assert.equal(viewOf(all, zoom, model).y[0], all.y[0]);
});

test('the curve under the pointer is found, between its points as well', () => {
  const model = curvesModel(answer([
    [1, 10, [[0, 0], [10, 10]]],
    [1, 10, [[0, 10], [10, 0]]],
    [1, 10, [[0, 20], [4, NaN], [10, 20]]],
  ]), {xLog: false, yLog: false});
  const xMap = linear(0, 10, 0, 1000);
  const yMap = linear(0, 20, 400, 0);
  const near = (px, py, radius) => nearestCurve(model, {xMap, yPixel: yMap.pixel, px, py, radius});
  assert.deepEqual(near(200, 360, 10), {curve: 0, point: 0, distance: 0});
  assert.equal(near(800, 362, 10).curve, 1);
  assert.equal(near(800, 362, 10).point, 3);
  assert.equal(near(400, 0, 10), null, 'there is a gap');
  assert.equal(near(3, 0, 10).curve, 2);
  assert.equal(nearestCurve(model, {xMap, yPixel: yMap.pixel, px: 200, py: 360, shown: (c) => c !== 0, radius: 10}), null);
});

test('distances and bisection', () => {
  assert.equal(squareToSegment(0, 5, -10, 0, 10, 0), 25);
  assert.equal(squareToSegment(13, 4, -10, 0, 10, 0), 25);
  assert.equal(squareToSegment(3, 4, 0, 0, 0, 0), 25);
  const values = Float64Array.from([9, 1, 2, 4, 9]);
  assert.equal(lowerBound(values, 3, 1, 4), 3);
  assert.equal(lowerBound(values, 5, 1, 4), 4);
  const model = {start: [0, 0, 3], x: Float64Array.from([1, 2, 4])};
  assert.equal(nearestPoint(model, 0, 2), -1);
  assert.equal(nearestPoint(model, 1, 2.9), 1);
  assert.equal(nearestPoint(model, 1, 3.1), 2);
  assert.equal(nearestPoint(model, 1, 99), 2);
});
