// How much faster each group is at every goal: where the verdict changes.
import {profileView} from './best_model.js';
import {Frame} from './frame.js';
import {valueTicks} from './ticks.js';

const reach = 30; // Of the pointer, in pixels.

export class ProfilePlot {
  // `on`: {tip(tip or null)}.
  constructor(host, on) {
    this.on = on;
    this.frame = new Frame(host, {
      paint: (context, maps) => this.paint(context, maps),
      hover: (x, y) => this.hover(x, y),
      leave: () => on.tip(null),
      click: () => {}, select: () => {}, reset: () => {},
    });
  }

  // `scene`: {profile, colours: one per group, ink, width, height}.
  show(scene) {
    this.scene = scene;
    const view = profileView(scene.profile);
    const goal = (place) => 10 ** -place;
    const ticks = (low, high, most, place) => {
      const {major, minor} = valueTicks({low, high, log: true, most});
      return {major: major.map(({value, text}) => ({place: place(value), text})), minor: minor.map(place)};
    };
    this.frame.show({
      ...scene, view, xLabel: 'goal', yLabel: `times faster than ${scene.profile.against}`,
      ticks: {
        x: (most) => ticks(goal(view.x[1]), goal(view.x[0]), most, (value) => -Math.log10(value)),
        y: (most) => ticks(10 ** view.y[0], 10 ** view.y[1], most, Math.log10),
      },
    });
  }

  paint(context, maps) {
    const {profile, colours, ink} = this.scene;
    const px = (value) => -Math.log10(value) * maps.x.factor + maps.x.offset;
    const py = (value) => {
      if (value === Infinity) return maps.top - 10;
      return value > 0 ? Math.log10(value) * maps.y.factor + maps.y.offset : maps.top + maps.height + 10;
    };
    context.strokeStyle = ink['line-strong'];
    context.lineWidth = maps.ratio;
    context.setLineDash([3 * maps.ratio, 3 * maps.ratio]);
    context.beginPath();
    context.moveTo(maps.left, py(1));
    context.lineTo(maps.left + maps.width, py(1));
    context.stroke();
    context.setLineDash([]);
    profile.groups.forEach(({points}, g) => {
      context.fillStyle = colours[g];
      context.strokeStyle = colours[g];
      for (let i = 0; i + 1 < points.length; ++i) {
        const [a, b] = [points[i], points[i + 1]];
        if (a.low === null || b.low === null) continue;
        context.globalAlpha = 0.16;
        context.beginPath();
        context.moveTo(px(a.goal), py(a.low));
        context.lineTo(px(b.goal), py(b.low));
        context.lineTo(px(b.goal), py(b.high));
        context.lineTo(px(a.goal), py(a.high));
        context.fill();
      }
      context.globalAlpha = 1;
      for (let i = 0; i + 1 < points.length; ++i) {
        const [a, b] = [points[i], points[i + 1]];
        // Between a bound and a value there is no course, only a connection.
        const known = a.bound === 'exact' && b.bound === 'exact';
        context.lineWidth = (known ? 2 : 1) * maps.ratio;
        context.setLineDash(known ? [] : [2 * maps.ratio, 4 * maps.ratio]);
        context.beginPath();
        context.moveTo(px(a.goal), py(a.value));
        context.lineTo(px(b.goal), py(b.value));
        context.stroke();
      }
      context.setLineDash([]);
      for (const point of points) paintPoint(context, px(point.goal), py(point.value), point.bound, maps.ratio, ink);
    });
  }

  hover(x, y) {
    const maps = this.frame.maps();
    let best = reach * reach;
    let tip = null;
    this.scene.profile.groups.forEach(({label, points}, g) => {
      for (const point of points) {
        const left = -Math.log10(point.goal) * maps.x.factor + maps.x.offset;
        const top = Math.log10(point.value) * maps.y.factor + maps.y.offset;
        const square = (left - x) ** 2 + (top - y) ** 2;
        if (square < best) {
          best = square;
          tip = {label, ...point, colour: this.scene.colours[g], left, top, width: maps.width, height: maps.height};
        }
      }
    });
    this.on.tip(tip);
  }

  destroy() {
    this.frame.destroy();
  }
}

// A dot; of a bound a triangle that points to where the truth is.
function paintPoint(context, x, y, bound, ratio, ink) {
  const r = 3.5 * ratio;
  const way = {at_least: -1, at_most: 1}[bound] ?? 0;
  context.save();
  context.beginPath();
  if (way === 0) {
    context.arc(x, y, r, 0, 2 * Math.PI);
  } else {
    context.moveTo(x, y + way * 1.6 * r);
    context.lineTo(x - 1.2 * r, y - way * 0.8 * r);
    context.lineTo(x + 1.2 * r, y - way * 0.8 * r);
    context.closePath();
  }
  context.fill();
  context.strokeStyle = ink.back;
  context.lineWidth = ratio;
  context.stroke();
  context.restore();
}
