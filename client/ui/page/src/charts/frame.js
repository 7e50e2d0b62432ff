// Axes, grid and the pointer of a chart, by uPlot. The chart paints the inside
// itself: curves of one sweep have steps of their own, which uPlot's series, with
// one list of x for all, cannot have. Scales are linear in places (scales.js).
import uPlot from 'uplot';
import {prepare, textWidth} from './ink.js';
import {apart} from './ticks.js';

const size = 12;
const pixelsPerTick = {x: 64, y: 34};
const roof = 26; // Above the plot, for the name of the y axis.

export class Frame {
  // `on`: {paint(frame, context), hover(x, y), leave(), click(), select({x, y} in places), reset()}.
  constructor(host, on) {
    this.host = host;
    this.on = on;
    this.scene = {view: {x: [0, 1], y: [0, 1]}, xTicks: [], yTicks: [], xMinor: [], yMinor: [], xLabel: '', yLabel: ''};
    this.plot = new uPlot(this.options(), [[0, 1], [null, null]], host);
    this.overlay = document.createElement('canvas');
    this.overlay.className = 'overlay';
    this.plot.over.append(this.overlay);
    this.plot.root.setAttribute('aria-hidden', 'true');
    this.plot.over.addEventListener('click', (event) => this.moved || on.click(event));
    this.followFingers(this.plot.over);
  }

  // uPlot knows mice only. A finger that goes sideways chooses a range of steps; up
  // and down it scrolls the page, as everywhere.
  followFingers(over) {
    let start = null;
    const range = (event) => {
      const {left, width} = over.getBoundingClientRect();
      const within = (x) => Math.min(width, Math.max(0, x - left));
      return [within(start), within(event.clientX)].sort((a, b) => a - b);
    };
    over.addEventListener('pointerdown', (event) => {
      start = event.pointerType === 'touch' ? event.clientX : null;
    });
    over.addEventListener('pointermove', (event) => {
      if (start === null || Math.abs(event.clientX - start) < 12) return;
      const [from, to] = range(event);
      this.plot.setSelect({left: from, top: 0, width: to - from, height: over.clientHeight}, false);
    });
    over.addEventListener('pointerup', (event) => {
      if (start !== null && Math.abs(event.clientX - start) >= 12) this.onSelect(this.plot);
      start = null;
    });
    over.addEventListener('pointercancel', () => {
      start = null;
      this.plot.setSelect({left: 0, top: 0, width: 0, height: 0}, false);
    });
  }

  options() {
    const scene = () => this.scene;
    const axis = (name) => ({
      scale: name,
      splits: () => scene()[`${name}Ticks`].map(({place}) => place),
      values: () => scene()[`${name}Ticks`].map(({text}) => text),
      stroke: () => scene().ink?.muted,
      font: `${size}px ${getComputedStyle(document.documentElement).getPropertyValue('--font').trim() || 'sans-serif'}`,
      grid: {stroke: () => scene().ink?.grid, width: 1},
      ticks: {show: false},
      border: {show: true, stroke: () => scene().ink?.['line-strong'], width: 1},
      gap: 6,
    });
    return {
      width: 300, height: 200, legend: {show: false}, padding: [roof, 14, 0, 0],
      scales: {
        x: {time: false, auto: false, range: () => [...scene().view.x]},
        y: {auto: false, range: () => [...scene().view.y]},
      },
      series: [{}, {show: true, scale: 'y', points: {show: false}, paths: () => null}],
      axes: [{...axis('x'), size: 28, label: ' ', labelSize: 20, labelGap: 0}, {...axis('y'), size: () => scene().ySize ?? 40}],
      cursor: {
        x: false, y: false, points: {show: false},
        drag: {x: true, y: true, uni: 24, dist: 6, setScale: false},
        bind: {
          dblclick: () => () => {
            this.on.reset();
            return null;
          },
          mousedown: (u, target, handler) => (event) => {
            this.moved = false;
            handler(event);
            return null;
          },
        },
      },
      hooks: {
        drawClear: [(u) => this.paintMinor(u)],
        draw: [(u) => this.paintInside(u)],
        setCursor: [(u) => this.onCursor(u)],
        setSelect: [(u) => this.onSelect(u)],
      },
    };
  }

  // Draws another scene: {view, ticks: {x(most), y(most)} that return {major: [{place,
  // text}], minor: [place]}, xLabel, yLabel, ink, width, height}.
  show(scene) {
    const font = `${size}px ${scene.ink.font}`;
    const span = ([low, high]) => high - low || 1;
    const within = ([low, high]) => ({place}) => place >= low && place <= high;
    const y = scene.ticks.y(Math.max(2, Math.floor((scene.height - 90) / pixelsPerTick.y)));
    const yTicks = apart(y.major.filter(within(scene.view.y)),
      (place) => (place - scene.view.y[0]) / span(scene.view.y) * (scene.height - 80), () => size + 2, 0, 'place');
    const widest = Math.max(0, ...yTicks.map(({text}) => textWidth(text, font)));
    const ySize = Math.ceil(widest) + 16;
    const inside = scene.width - ySize - 14;
    const x = scene.ticks.x(Math.max(2, Math.floor(inside / pixelsPerTick.x)));
    const xTicks = apart(x.major.filter(within(scene.view.x)),
      (place) => (place - scene.view.x[0]) / span(scene.view.x) * inside, (text) => textWidth(text, font), 8, 'place');
    const changed = scene.width !== this.scene.width || scene.height !== this.scene.height;
    this.scene = {...scene, xTicks, yTicks, xMinor: x.minor, yMinor: y.minor, ySize};
    this.plot.batch(() => {
      // Before and not in here, it would draw everything a second time.
      if (changed) this.plot.setSize({width: scene.width, height: scene.height});
      this.plot.setScale('x', {min: scene.view.x[0], max: scene.view.x[1]});
      this.plot.setScale('y', {min: scene.view.y[0], max: scene.view.y[1]});
      this.plot.redraw(true, true);
    });
  }

  // Places to pixels: of the canvas with `device`, else of the inside in CSS pixels.
  maps(device = false) {
    const {bbox} = this.plot;
    const ratio = uPlot.pxRatio;
    const {x, y} = this.scene.view;
    const width = device ? bbox.width : bbox.width / ratio;
    const height = device ? bbox.height : bbox.height / ratio;
    const left = device ? bbox.left : 0;
    const top = device ? bbox.top : 0;
    const xFactor = width / (x[1] - x[0]);
    const yFactor = -height / (y[1] - y[0]);
    return {
      left, top, width, height, ratio: device ? ratio : 1,
      x: {factor: xFactor, offset: left - x[0] * xFactor},
      y: {factor: yFactor, offset: top + height - y[0] * yFactor},
    };
  }

  paintMinor(u) {
    const {ink, xMinor, yMinor, view} = this.scene;
    if (!ink) return;
    const {ctx} = u;
    const {left, top, width, height, x, y, ratio} = this.maps(true);
    ctx.save();
    ctx.strokeStyle = ink.grid;
    ctx.globalAlpha = 0.5;
    ctx.lineWidth = ratio / 2;
    ctx.beginPath();
    for (const place of xMinor) {
      if (place < view.x[0] || place > view.x[1]) continue;
      const at = place * x.factor + x.offset;
      ctx.moveTo(at, top);
      ctx.lineTo(at, top + height);
    }
    for (const place of yMinor) {
      if (place < view.y[0] || place > view.y[1]) continue;
      const at = place * y.factor + y.offset;
      ctx.moveTo(left, at);
      ctx.lineTo(left + width, at);
    }
    ctx.stroke();
    ctx.restore();
  }

  paintInside(u) {
    const {ink, xLabel, yLabel} = this.scene;
    if (!ink) return;
    const {ctx} = u;
    const maps = this.maps(true);
    ctx.save();
    ctx.beginPath();
    ctx.rect(maps.left, maps.top, maps.width, maps.height);
    ctx.clip();
    this.on.paint(ctx, maps);
    ctx.restore();
    ctx.save();
    ctx.font = `${size * maps.ratio}px ${ink.font}`;
    ctx.fillStyle = ink.muted;
    ctx.textBaseline = 'alphabetic';
    ctx.textAlign = 'left';
    ctx.fillText(yLabel, 4 * maps.ratio, (roof - 12) * maps.ratio);
    ctx.textAlign = 'right';
    ctx.fillText(xLabel, maps.left + maps.width, u.ctx.canvas.height - 4 * maps.ratio);
    ctx.restore();
    prepare(this.overlay, maps.width / maps.ratio, maps.height / maps.ratio);
    this.on.drawn?.();
  }

  // Returns the context of the canvas above, cleared, in CSS pixels of the inside.
  above() {
    const {width, height} = this.maps();
    return prepare(this.overlay, width, height);
  }

  onCursor(u) {
    const {left, top} = u.cursor;
    if (left === undefined || left < 0) this.on.leave();
    else this.on.hover(left, top);
  }

  onSelect(u) {
    const {left, top, width, height} = u.select;
    if (width <= 0 || height <= 0) return;
    this.moved = true;
    u.setSelect({left: 0, top: 0, width: 0, height: 0}, false);
    const {x, y} = this.maps();
    const xs = [left, left + width].map((pixel) => (pixel - x.offset) / x.factor);
    const ys = [top + height, top].map((pixel) => (pixel - y.offset) / y.factor);
    this.on.select({x: xs, y: ys});
  }

  get canvas() {
    return this.plot.ctx.canvas;
  }

  destroy() {
    this.plot.destroy();
  }
}
