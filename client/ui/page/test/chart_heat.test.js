import assert from 'node:assert/strict';
import {test} from 'node:test';
import {cellAt, heatLayout, heatModel, heatShare, heatSummary, stabilityEdge} from '../src/charts/heat_model.js';
import {heatSettings} from '../src/pages/sweep/heat_scene.js';

const answer = {
  x: {axis: 'learning_rate', values: [0.01, 0.1, 1]}, y: {axis: 'depth', values: [1, 2]}, value: 'final', log: true,
  cells: [[0.1, 0.01, 1e20], [0.5, null, 'inf']], trials: [[2, 2, 2], [2, 0, 1]], diverged: [[0, 0, 0.5], [0, 0, 1]],
};

test('cells are where their values say', () => {
  const model = heatModel(answer);
  assert.equal(model.value[1], 0.01);
  assert.equal(model.value[3], 0.5);
  assert.ok(Number.isNaN(model.value[4]));
  assert.equal(model.value[5], Infinity);
  assert.equal(model.trials[4], 0);
});

test('what diverged does not stretch the colours', () => {
  const model = heatModel(answer);
  assert.deepEqual([model.low, model.high, model.log], [0.01, 0.5, true]);
  assert.equal(heatShare(model, 1e20), 1);
  assert.equal(heatShare(model, Infinity), 1);
  assert.equal(heatShare(model, 0), 0);
  assert.ok(Number.isNaN(heatShare(model, NaN)));
  assert.ok(Math.abs(heatShare(model, Math.sqrt(0.01 * 0.5)) - 0.5) < 1e-12);
});

test('when all diverged their values are coloured all the same', () => {
  const model = heatModel({...answer, diverged: [[1, 1, 1], [1, 1, 1]]});
  assert.deepEqual([model.low, model.high], [0.01, 1e20]);
});

test('shares go from 0 to 1', () => {
  const model = heatModel({...answer, value: 'diverged', log: false, cells: answer.diverged});
  assert.deepEqual([model.low, model.high, model.log], [0, 1, false]);
});

test('a map without values has no range', () => {
  const model = heatModel({...answer, cells: [[null, null, null], [null, null, null]]});
  assert.ok(Number.isNaN(model.low));
  assert.ok(!model.log);
});

test('the edge of stability runs between cells of which something is known', () => {
  assert.deepEqual(stabilityEdge(heatModel(answer)), [[2, 0, 3, 0]].slice(1).concat([[2, 0, 2, 1]]));
});

test('cells fill the width, and labels stand upright where they are too wide', () => {
  const wide = heatLayout({width: 900, columns: 5, rows: 3, xText: 40, yText: 20});
  assert.ok(!wide.turned && wide.bar && wide.nthX === 1 && wide.numbers);
  assert.ok(wide.right <= 900);
  const narrow = heatLayout({width: 360, columns: 30, rows: 40, xText: 60, yText: 20});
  assert.ok(narrow.turned && !narrow.bar && !narrow.numbers);
  assert.ok(narrow.right <= 360 && narrow.nthX > 1 && narrow.nthY > 1);
  assert.ok(narrow.cellWidth * narrow.nthX >= 16);
});

test('the pointer finds its cell', () => {
  const layout = heatLayout({width: 900, columns: 3, rows: 2, xText: 40, yText: 20});
  const model = heatModel(answer);
  assert.deepEqual(cellAt(layout, model, layout.left + 1, layout.bottom - 1), {x: 0, y: 0});
  assert.deepEqual(cellAt(layout, model, layout.right - 1, layout.top + 1), {x: 2, y: 1});
  assert.equal(cellAt(layout, model, layout.left - 1, layout.top + 1), null);
  assert.equal(cellAt(layout, model, layout.right + 1, layout.top + 1), null);
  assert.equal(cellAt(layout, model, layout.left + 1, layout.bottom + 1), null);
});

test('the picture can be told', () => {
  const text = heatSummary(heatModel(answer), {
    xLabel: 'learning rate', yLabel: 'depth', valueLabel: 'final loss',
    text: {value: String, x: (x) => String(answer.x.values[x]), y: (y) => String(answer.y.values[y])},
  });
  assert.equal(text, 'Heat map of final loss: 3 by 2 cells of learning rate and depth. Least: 0.01 at learning rate 0.1, ' +
    'depth 1. In 2 cells half of the trials or more diverged. 1 cells have no trial yet.');
});

test('rates go across and depths upwards, unless the address says otherwise', () => {
  const sweep = {
    metrics: [{name: 'loss'}, {name: 'accuracy', label: 'accuracy'}], goals: [0.01],
    axes: [{name: 'depth', count: 3}, {name: 'lp', count: 1}, {name: 'seed', count: 5}, {name: 'norm', count: 9, log: true}, {name: 'learning_rate', count: 9, log: true}],
  };
  const shown = (text) => {
    const {x, y, value} = heatSettings(sweep, new URLSearchParams(text));
    return [x?.name, y?.name, value];
  };
  assert.deepEqual(shown(''), ['learning_rate', 'depth', 'final']);
  assert.deepEqual(shown('x=seed&value=metric:accuracy'), ['seed', 'depth', 'metric:accuracy']);
  assert.deepEqual(shown('x=depth'), ['depth', 'seed', 'final']);
  assert.deepEqual(shown('y=learning_rate'), ['depth', 'learning_rate', 'final']);
  assert.deepEqual(shown('x=lp&value=steps_to:0.01'), ['learning_rate', 'depth', 'steps_to:0.01']);
  assert.equal(heatSettings({axes: [{name: 'depth', count: 3}]}, new URLSearchParams('')).x, null);
});
