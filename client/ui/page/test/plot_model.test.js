import assert from 'node:assert/strict';
import {test} from 'node:test';
import {nearest, placeOf, plotScene, suggestsLog} from '../src/ui/plot_model.js';

test('values that are not finite do not stretch an axis', () => {
  const series = [{x: [1, 2, 3], y: [1e-3, Infinity, NaN]}, {x: [0, 4], y: [0, 1]}];
  const {view} = plotScene(series, {log: {x: false, y: true}, steps: false});
  assert.ok(view.y[0] > -3.5 && view.y[0] < -3 && view.y[1] > 0 && view.y[1] < 0.5, view.y);
});

test('infinity stands at the upper rim, zero of a log axis at the lower, NaN nowhere', () => {
  const {scales, view} = plotScene([{x: [1, 2], y: [1e-3, 1]}], {log: {x: false, y: true}});
  assert.equal(placeOf(Infinity, scales.y, view.y).beyond, 1);
  assert.equal(placeOf(0, scales.y, view.y).beyond, -1);
  assert.equal(placeOf(NaN, scales.y, view.y), null);
  assert.deepEqual(placeOf(0.1, scales.y, view.y), {place: -1, beyond: 0});
});

test('one point has an axis of some length', () => {
  const {view} = plotScene([{x: [5], y: [0.5]}], {log: {x: false, y: true}, steps: true});
  assert.ok(view.x[0] < view.x[1] && view.y[0] < view.y[1]);
});

test('nothing at all has axes, too', () => {
  const {view} = plotScene([{x: [], y: []}]);
  assert.deepEqual(view.y.every(Number.isFinite), true);
});

test('log axes are for values above zero over some powers of ten', () => {
  assert.ok(suggestsLog([{y: [1, 1000]}], 'y'));
  assert.ok(!suggestsLog([{y: [1, 10]}], 'y'));
  assert.ok(!suggestsLog([{y: [-1, 1000]}], 'y'));
  assert.ok(suggestsLog([{y: [0, 1, 1000, Infinity]}], 'y'));
});

test('the nearest point is found within reach', () => {
  const series = [{x: [0, 10], y: [0, 10]}];
  const scene = plotScene(series);
  const maps = {x: {factor: 10, offset: 0}, y: {factor: -10, offset: 100}};
  assert.deepEqual(nearest(series, scene, maps, {x: 98, y: 2}), {series: 0, point: 1});
  assert.equal(nearest(series, scene, maps, {x: 50, y: 50}), null);
});
