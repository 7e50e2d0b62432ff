// The picture of a sweep's curves: single ones, or how thousands are spread, with
// the curve under the pointer drawn on a canvas above, so that nothing else has to
// be painted again.
import {marksOf} from './curves_model.js';
import {lineWidthOf, opacityOf} from './colouring.js';
import {paintBand, paintCurves, paintDensity, paintMark, paintMarks, paintZero, tracePath, yPixelOf} from './curves_paint.js';
import {densityImage} from './density.js';
import {Frame} from './frame.js';
import {lowerBound, nearestCurve, nearestPoint} from './hit.js';
import {publish, rgbOf} from './ink.js';

const mostBands = 6; // More groups than that are shown by their medians alone.

export class CurvesPlot {
  // `on`: {tip(tip or null), zoom({x, y} in places), reset()}.
  constructor(host, on) {
    this.on = on;
    this.scene = null;
    this.tip = null; // {curve, point} of the curve that is lit.
    this.pinned = false;
    this.counts = {shows: 0, paints: 0};
    this.frame = new Frame(host, {
      paint: (context, maps) => this.paint(context, maps),
      drawn: () => this.light(),
      hover: (x, y) => this.hover(x, y),
      leave: () => this.pinned || this.setTip(null),
      click: () => this.pin(),
      select: (places) => on.zoom(places),
      reset: () => on.reset(),
    });
  }

  // `scene`: {view, ticks, xLabel, yLabel, ink, width, height: as Frame wants them,
  //  zero, model (or null), shown(curve), colourOf(curve), count of shown curves,
  //  density: {counts, size, x, y (in places)} or null, faint, bands, bandColour(band)}.
  show(scene) {
    const trial = this.tip && this.scene?.model ? this.scene.model.trial[this.tip.curve] : null;
    const step = this.tip && this.scene?.model ? this.scene.model.steps[this.tip.point] : null;
    this.marks = scene.model ? marksOf(scene.model, scene.shown) : [];
    if (scene.density?.counts !== this.scene?.density?.counts || scene.ink.theme !== this.scene?.ink.theme ||
        scene.faint !== this.scene?.faint) {
      this.picture = scene.density ? pictureOf(scene) : null;
    }
    this.scene = scene;
    if (trial !== null) this.setTip(this.again(trial, step));
    const began = performance.now();
    ++this.counts.shows;
    this.frame.show(scene);
    this.painted = performance.now() - began;
    this.tell();
  }

  // The tip of a trial after its curve has come anew.
  again(trial, step) {
    const {model, shown} = this.scene;
    const curve = model ? model.trial.indexOf(trial) : -1;
    if (curve < 0 || !shown(curve)) {
      this.pinned = false;
      return null;
    }
    return this.tipOf(curve, nearestPoint(model, curve, model.xScale.place(step)));
  }

  paint(context, maps) {
    ++this.counts.paints;
    const {model, shown, colourOf, zero, ink, density, faint, bands, bandColour, count} = this.scene;
    const yPixel = yPixelOf(maps.y, zero);
    paintZero(context, zero, {maps, ink});
    if (density && this.picture) paintDensity(context, this.picture, density, {maps});
    if (!faint) {
      const filled = bands.length <= mostBands;
      for (const band of bands) paintBand(context, band, bandColour(band), {maps, yPixel, filled, zero, ink});
      for (const band of bands) {
        const marks = [...band.divergedAt].map((step) => ({kind: 'diverged', place: this.scene.xScale.place(step)}));
        paintMarks(context, marks, {maps, yPixel, colourOf: () => bandColour(band), ink, size: 3});
      }
    }
    if (!model) return;
    const width = lineWidthOf(count);
    paintCurves(context, model, {maps, yPixel, colourOf, shown, alpha: opacityOf(count), width});
    paintMarks(context, this.marks, {maps, yPixel, colourOf: (mark) => colourOf(mark.curve), ink, size: count > 200 ? 4 : 5});
  }

  hover(px, py) {
    this.pointer = [px, py];
    if (this.pinned || !this.scene) return;
    const began = performance.now();
    const {model, shown, zero} = this.scene;
    if (model && model.n > 0) {
      const maps = this.frame.maps();
      const found = nearestCurve(model, {xMap: maps.x, yPixel: yPixelOf(maps.y, zero), px, py, shown});
      this.setTip(found ? this.tipOf(found.curve, found.point) : null);
    } else if (this.scene.bands.length > 0 && !this.scene.faint) {
      this.setTip(this.tipOfBands(px));
    }
    this.hovered = performance.now() - began;
    this.tell();
  }

  tipOf(curve, point) {
    const {model, zero} = this.scene;
    const maps = this.frame.maps();
    const yPixel = yPixelOf(maps.y, zero);
    const y = point < 0 ? NaN : yPixel(model.y[point]);
    return {
      kind: 'curve', curve, point, trial: model.trial[curve], state: model.state[curve], group: model.group[curve],
      step: point < 0 ? null : model.steps[point], value: point < 0 ? null : model.values[point],
      end: model.endStep[curve],
      left: (point < 0 ? 0 : model.x[point]) * maps.x.factor + maps.x.offset,
      top: Math.min(maps.height, Math.max(0, Number.isNaN(y) ? 0 : y)), width: maps.width, height: maps.height,
    };
  }

  tipOfBands(px) {
    const {bands} = this.scene;
    const maps = this.frame.maps();
    const place = (px - maps.x.offset) / maps.x.factor;
    const x = bands[0].x;
    const after = lowerBound(x, place, 0, x.length);
    if (x.length === 0) return null;
    const i = after > 0 && (after === x.length || place - x[after - 1] < x[after] - place) ? after - 1 : after;
    return {
      kind: 'bands', index: i, step: this.scene.steps[i], left: x[i] * maps.x.factor + maps.x.offset, top: this.pointer[1],
      width: maps.width, height: maps.height,
    };
  }

  setTip(tip) {
    const same = tip && this.tip && tip.curve === this.tip.curve && tip.point === this.tip.point && tip.index === this.tip.index;
    this.tip = tip;
    if (!same || tip?.kind === 'bands') this.light();
    this.on.tip(tip && {...tip, pinned: this.pinned});
    this.tell();
  }

  // Draws what is under the pointer on the canvas above.
  light() {
    const context = this.frame.above();
    if (!this.tip || !this.scene) return;
    const {model, ink, colourOf, zero} = this.scene;
    const maps = {...this.frame.maps(), ratio: 1};
    const yPixel = yPixelOf(maps.y, zero);
    if (this.tip.kind === 'bands') {
      context.strokeStyle = ink.muted;
      context.setLineDash([3, 3]);
      context.beginPath();
      context.moveTo(this.tip.left, 0);
      context.lineTo(this.tip.left, maps.height);
      context.stroke();
      return;
    }
    const {curve, point} = this.tip;
    context.lineJoin = 'round';
    for (const [colour, width] of [[ink.back, 6], [colourOf(curve), 2.5]]) {
      context.strokeStyle = colour;
      context.fillStyle = colour;
      context.lineWidth = width;
      context.beginPath();
      tracePath(context, model, curve, maps, yPixel);
      context.stroke();
    }
    for (const mark of this.marks) if (mark.curve === curve) paintMark(context, mark, {maps, yPixel, size: 5.5});
    const py = point < 0 ? NaN : yPixel(model.y[point]);
    if (Number.isNaN(py)) return;
    context.beginPath();
    context.arc(this.tip.left, py, 4.5, 0, 2 * Math.PI);
    context.fillStyle = ink.back;
    context.lineWidth = 2;
    context.fill();
    context.stroke();
  }

  pin() {
    this.pinned = this.tip?.kind === 'curve' && !this.pinned;
    if (!this.pinned && this.pointer) this.hover(...this.pointer);
    else this.setTip(this.tip);
  }

  unpin() {
    this.pinned = false;
    this.setTip(null);
  }

  // Keys: arrows go along a curve and from curve to curve, in the order of their
  // last values. Returns whether the key was one of ours.
  key(name) {
    const {model, shown} = this.scene ?? {};
    if (!model || model.n === 0) return false;
    if (name === 'Escape') {
      if (!this.tip) return false;
      this.unpin();
      return true;
    }
    const along = {ArrowLeft: -1, ArrowRight: 1, Home: -Infinity, End: Infinity}[name];
    const across = {ArrowUp: 1, ArrowDown: -1}[name];
    if (along === undefined && across === undefined) return false;
    const order = this.order(model, shown);
    if (order.length === 0) return false;
    let {curve = -1, point = -1} = this.tip?.kind === 'curve' ? this.tip : {};
    if (curve < 0) {
      curve = order[0];
      point = model.start[curve + 1] - 1;
    } else if (across) {
      const at = order.indexOf(curve) + across;
      curve = order[Math.min(order.length - 1, Math.max(0, at))];
      point = nearestPoint(model, curve, point < 0 ? 0 : model.x[point]);
    } else {
      point = Math.min(model.start[curve + 1] - 1, Math.max(model.start[curve], point + along));
    }
    this.pinned = true;
    this.setTip(this.tipOf(curve, point));
    return true;
  }

  order(model, shown) {
    if (this.ordered?.model === model && this.ordered.shown === shown) return this.ordered.list;
    const last = (c) => {
      const value = model.start[c + 1] > model.start[c] ? model.values[model.start[c + 1] - 1] : NaN;
      return Number.isNaN(value) || model.state[c] === 2 ? Infinity : value;
    };
    const list = Array.from({length: model.n}, (_, c) => c).filter(shown);
    list.sort((a, b) => (last(a) === last(b) ? a - b : last(a) - last(b)));
    this.ordered = {model, shown, list};
    return list;
  }

  // What has been drawn, as numbers.
  tell() {
    const {scene} = this;
    if (!scene) return;
    publish('curves', {
      view: scene.view, zero: scene.zero, axes: {x: scene.xLabel, y: scene.yLabel},
      ticks: {x: this.frame.scene.xTicks.map(({text}) => text), y: this.frame.scene.yTicks.map(({text}) => text)},
      curves: scene.model ? scene.count : 0,
      model: scene.model, marks: this.marks, density: scene.density, bands: scene.bands, tip: this.tip,
      maps: this.frame.maps(), counts: this.counts, milliseconds: {paint: this.painted, hover: this.hovered},
    });
  }

  destroy() {
    this.frame.destroy();
    publish('curves', null);
  }
}

function pictureOf({density, ink, faint}) {
  const {counts, size} = density;
  const canvas = document.createElement('canvas');
  canvas.width = size.width;
  canvas.height = size.height;
  const bytes = densityImage(counts, size, rgbOf(ink.text), faint ? 0.22 : 0.4);
  canvas.getContext('2d').putImageData(new ImageData(bytes, size.width, size.height), 0, 0);
  return canvas;
}
