// Parallel coordinates: faint lines of all trials, those of the filter over them, and
// on top what is brushed and pointed at.
import {opacityOf} from './colouring.js';
import {prepare, publish} from './ink.js';
import {conditionOf, floorPlace, nearestLine, passing, roofPlace} from './parallel_model.js';
import {paintAxes, paintLines, parallelLayout, top, traceLine} from './parallel_paint.js';

const reach = 14; // Of an axis, in pixels.
// Lines of a grid run together more than curves do.
const alphaOf = (count) => Math.max(0.08, Math.min(0.9, (120 / Math.max(1, count)) ** 0.6));
const shortest = 5; // A brush that is less is a click.

export class ParallelPlot {
  // `canvases`: {back, front, overlay}. `on`: {tip(tip or null), brush(name, condition or
  // null), order(names), open(trial)}.
  constructor(canvases, on) {
    this.canvases = canvases;
    this.on = on;
    this.drag = null;
    this.lit = -1;
  }

  // `scene`: {all, chosen: models (chosen may be all), axes in their order, brushes,
  // names, ink, width, colourOf(model, i)}.
  show(scene) {
    this.scene = scene;
    this.layout = parallelLayout(scene.width, scene.axes.length);
    if (this.lit >= scene.chosen.n) this.lit = -1;
    this.paintBack();
    this.paintFront();
    this.paintOverlay();
    this.tell();
  }

  context(name) {
    return prepare(this.canvases[name], this.layout.width, this.layout.height);
  }

  paintBack() {
    const {all, axes, ink} = this.scene;
    const context = this.context('back');
    // The colour of faint lines is opaque: many on each other are no brighter than one.
    if (this.isFiltered()) paintLines(context, all, axes, this.layout, {colourOf: () => ink['line-strong'], alpha: opacityOf(all.n)});
  }

  isFiltered() {
    return this.scene.chosen !== this.scene.all || this.drag?.kind === 'brush';
  }

  paintFront() {
    const {all, chosen, axes, colourOf} = this.scene;
    const context = this.context('front');
    const brushing = this.drag?.kind === 'brush';
    const model = brushing ? all : chosen;
    const shown = brushing ? passing(all, this.brushes()) : null;
    const count = shown ? shown.reduce((sum, one) => sum + one, 0) : model.n;
    this.shownCount = count;
    paintLines(context, model, axes, this.layout, {colourOf: (i) => colourOf(model, i), shown, alpha: alphaOf(count), width: count < 200 ? 1.4 : 1});
  }

  brushes() {
    const brushes = new Map(this.scene.brushes);
    if (this.drag?.kind === 'brush') brushes.set(this.drag.axis.name, [this.drag.from, this.drag.to].sort((a, b) => a - b));
    return brushes;
  }

  paintOverlay() {
    const {axes, ink, names, chosen, colourOf} = this.scene;
    const context = this.context('overlay');
    if (this.lit >= 0 && this.drag === null) {
      const places = axes.map((axis) => chosen.axes.find(({name}) => name === axis.name).place);
      for (const [colour, width] of [[ink.back, 6], [colourOf(chosen, this.lit), 2.5]]) {
        context.strokeStyle = colour;
        context.lineWidth = width;
        context.lineJoin = 'round';
        context.beginPath();
        traceLine(context, places, this.lit, this.layout.xs, this.layout.yPixel);
        context.stroke();
      }
    }
    const layout = this.drag?.kind === 'move'
      ? {...this.layout, xs: this.layout.xs.map((x, a) => (axes[a] === this.drag.axis ? this.drag.x : x))} : this.layout;
    paintAxes(context, axes, layout, {ink, names, brushes: this.brushes(), moving: this.drag?.kind === 'move' ? this.drag.axis.name : null});
  }

  axisAt(x) {
    const {axes} = this.scene;
    let best = null;
    let distance = reach;
    this.layout.xs.forEach((at, a) => {
      if (Math.abs(at - x) <= distance) {
        distance = Math.abs(at - x);
        best = axes[a];
      }
    });
    return best;
  }

  // The names of axes are left-aligned with them.
  nameAt(x) {
    const {axes} = this.scene;
    let found = null;
    this.layout.xs.forEach((at, a) => {
      if (x >= at - 16) found = axes[a];
    });
    return found;
  }

  place(y) {
    return Math.min(roofPlace, Math.max(floorPlace, this.layout.place(y)));
  }

  // Returns the cursor for a place of the pointer.
  cursor(x, y) {
    if (y < top - 16) return 'grab';
    return this.axisAt(x) ? 'ns-resize' : this.lit >= 0 ? 'pointer' : 'default';
  }

  down(x, y) {
    if (y < top - 16) {
      const axis = this.nameAt(x);
      if (axis) this.drag = {kind: 'move', axis, x, start: x};
    } else if (this.axisAt(x)) {
      this.drag = {kind: 'brush', axis: this.axisAt(x), from: this.place(y), to: this.place(y), start: y};
      this.point(-1, x, y);
      this.paintBack();
    }
    return this.drag !== null;
  }

  move(x, y) {
    if (this.drag?.kind === 'brush') {
      this.drag.to = this.place(y);
      this.repaint();
    } else if (this.drag) {
      this.drag.x = x;
      this.repaint();
    } else {
      const {chosen, axes} = this.scene;
      const ordered = {n: chosen.n, axes: axes.map((axis) => chosen.axes.find(({name}) => name === axis.name))};
      const began = performance.now();
      this.point(y < top - 16 || this.axisAt(x) ? -1 : nearestLine(ordered, {xs: this.layout.xs, yPixel: this.layout.yPixel, px: x, py: y}), x, y);
      this.hovered = performance.now() - began;
    }
  }

  // At most one painting per frame of the screen.
  repaint() {
    this.frame ??= requestAnimationFrame(() => {
      this.frame = null;
      if (this.drag?.kind === 'brush') this.paintFront();
      this.paintOverlay();
      this.tell();
    });
  }

  point(line, x, y) {
    const changed = line !== this.lit;
    this.lit = line;
    if (changed) this.paintOverlay();
    if (line < 0) {
      if (changed) this.on.tip(null);
      return;
    }
    this.on.tip({line, trial: this.scene.chosen.trial[line], left: x, top: y, width: this.layout.width, height: this.layout.height});
    this.tell();
  }

  up(x, y) {
    const {drag} = this;
    this.drag = null;
    if (drag?.kind === 'brush') {
      const none = Math.abs(y - drag.start) < shortest;
      this.on.brush(drag.axis.name, none ? null : conditionOf(drag.axis, drag.from, drag.to));
      this.show(this.scene);
    } else if (drag) {
      if (Math.abs(x - drag.start) >= shortest) this.on.order(this.moved(drag.axis, x));
      this.show(this.scene);
    } else if (this.lit >= 0) {
      this.on.open(this.scene.chosen.trial[this.lit]);
    }
  }

  moved(axis, x) {
    const {xs} = this.layout;
    const others = this.scene.axes.filter((one) => one !== axis);
    const places = xs.filter((_, a) => this.scene.axes[a] !== axis);
    const at = places.filter((place) => place < x).length;
    return [...others.slice(0, at), axis, ...others.slice(at)].map(({name}) => name);
  }

  cancel() {
    if (!this.drag) return false;
    this.drag = null;
    this.show(this.scene);
    return true;
  }

  tell() {
    const {all, chosen, axes} = this.scene;
    publish('parallel', {
      axes: axes.map(({name, low, high, log}) => ({name, low, high, log})), all, chosen, lines: this.shownCount, brushes: [...this.brushes()],
      layout: {xs: this.layout.xs, top: this.layout.yPixel(1), bottom: this.layout.yPixel(0)}, lit: this.lit, milliseconds: {hover: this.hovered},
    });
  }

  destroy() {
    if (this.frame) cancelAnimationFrame(this.frame);
    publish('parallel', null);
  }
}
