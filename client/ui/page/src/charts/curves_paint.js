// Paints curves, marks, densities and bands on a 2D context. `maps` has {x: {factor,
// offset}, y: {factor, offset}, left, top, width, height, ratio}.
import {stretches} from './density.js';
import {diverged} from './curves_model.js';

const far = 1e5; // Canvases lose their way with coordinates much beyond.

// Returns the function from places to pixels on the y axis; it knows where zero is.
// What has no place (a gap, infinity) is NaN.
export function yPixelOf({factor, offset}, zero) {
  return (place) => {
    if (place === -Infinity) return zero === null ? NaN : zero * factor + offset;
    if (place === Infinity) return NaN;
    const pixel = place * factor + offset;
    return pixel > far ? far : pixel < -far ? -far : pixel;
  };
}

// Adds the line of curve `c` to the path. Points that would fall on the dot before
// are left out.
export function tracePath(context, model, c, maps, yPixel) {
  const {start, x, y, state, endStep, xScale} = model;
  const end = start[c + 1];
  let pen = false;
  let lastX = NaN;
  let lastY = NaN;
  for (let i = start[c]; i < end; ++i) {
    const py = yPixel(y[i]);
    if (Number.isNaN(py)) {
      pen = false;
      continue;
    }
    const px = x[i] * maps.x.factor + maps.x.offset;
    if (!pen) {
      context.moveTo(px, py);
      pen = true;
    } else if (px - lastX < 0.5 && Math.abs(py - lastY) < 0.5 && i + 1 < end) {
      continue;
    } else {
      context.lineTo(px, py);
    }
    lastX = px;
    lastY = py;
  }
  // A curve that diverged leaves through the top.
  if (state[c] === diverged && !Number.isNaN(lastX) && endStep[c] >= 0) {
    const px = xScale.place(endStep[c]) * maps.x.factor + maps.x.offset;
    if (lastY > maps.top) {
      if (!pen) context.moveTo(lastX, lastY);
      context.lineTo(px, maps.top);
    }
  }
}

export function paintCurves(context, model, {maps, yPixel, colourOf, shown, alpha, width}) {
  context.save();
  context.lineWidth = width * maps.ratio;
  context.lineJoin = 'round';
  context.globalAlpha = alpha;
  for (let c = 0; c < model.n; ++c) {
    if (!shown(c)) continue;
    context.strokeStyle = colourOf(c);
    context.beginPath();
    tracePath(context, model, c, maps, yPixel);
    context.stroke();
  }
  context.restore();
}

export function paintMark(context, {kind, place, y, up}, {maps, yPixel, size = 4}) {
  const px = place * maps.x.factor + maps.x.offset;
  const r = size * maps.ratio;
  context.beginPath();
  if (kind === 'point') {
    context.arc(px, yPixel(y), 0.75 * r, 0, 2 * Math.PI);
    context.fill();
  } else if (kind === 'infinite') {
    const py = up ? maps.top + 1.3 * r : maps.top + maps.height - 1.3 * r;
    context.moveTo(px, py - r);
    context.lineTo(px + r, py);
    context.lineTo(px, py + r);
    context.lineTo(px - r, py);
    context.closePath();
    context.stroke();
  } else {
    context.moveTo(px, maps.top);
    context.lineTo(px + r, maps.top + 1.8 * r);
    context.lineTo(px - r, maps.top + 1.8 * r);
    context.closePath();
    context.fill();
  }
}

// Paints marks; of those that would lie on each other the first is enough.
export function paintMarks(context, marks, {maps, yPixel, colourOf, ink, size}) {
  const taken = new Set();
  context.save();
  context.lineWidth = 1.5 * maps.ratio;
  for (const mark of marks) {
    const colour = colourOf(mark);
    const key = mark.kind === 'point' ? null : `${mark.kind} ${colour} ${Math.round((mark.place * maps.x.factor) / maps.ratio / 2)}`;
    if (key !== null && taken.has(key)) continue;
    taken.add(key);
    context.fillStyle = colour;
    context.strokeStyle = mark.kind === 'infinite' ? colour : ink.back;
    paintMark(context, mark, {maps, yPixel, size});
  }
  context.restore();
}

export function paintZero(context, zero, {maps, ink}) {
  if (zero === null) return;
  const py = Math.round(zero * maps.y.factor + maps.y.offset) + 0.5;
  context.save();
  context.strokeStyle = ink['line-strong'];
  context.setLineDash([2 * maps.ratio, 3 * maps.ratio]);
  context.lineWidth = maps.ratio;
  context.beginPath();
  context.moveTo(maps.left, py);
  context.lineTo(maps.left + maps.width, py);
  context.stroke();
  context.restore();
}

// Paints the picture of a density between places. `picture` is a canvas with a dot
// for each bin.
export function paintDensity(context, picture, {x, y}, {maps, alpha = 1}) {
  const left = x[0] * maps.x.factor + maps.x.offset;
  const right = x[1] * maps.x.factor + maps.x.offset;
  const bottom = y[0] * maps.y.factor + maps.y.offset;
  const top = y[1] * maps.y.factor + maps.y.offset;
  context.save();
  context.globalAlpha = alpha;
  context.imageSmoothingEnabled = true;
  context.drawImage(picture, left, top, right - left, bottom - top);
  context.restore();
}

// Fills the middle half of a group, and lines where its outer tenths begin. The
// median has a rim, so that it is seen before all the rest.
export function paintBand(context, band, colour, {maps, yPixel, filled, zero, ink}) {
  // A line that has no place below goes along the rim; so does one at infinity above.
  const pixel = (place) => {
    if (place === Infinity) return maps.top - 4 * maps.ratio;
    const py = yPixel(place);
    return Number.isNaN(py) && place === -Infinity && zero === null ? maps.top + maps.height : py;
  };
  const px = (i) => band.x[i] * maps.x.factor + maps.x.offset;
  const line = (name, width, style, alpha) => {
    context.globalAlpha = alpha;
    context.strokeStyle = style;
    context.lineWidth = width * maps.ratio;
    context.beginPath();
    for (const [from, to] of stretches(band[name], band[name])) {
      for (let i = from; i < to; ++i) {
        if (i === from) context.moveTo(px(i), pixel(band[name][i]));
        else context.lineTo(px(i), pixel(band[name][i]));
      }
    }
    context.stroke();
  };
  context.save();
  context.lineJoin = 'round';
  if (filled) {
    context.fillStyle = colour;
    context.globalAlpha = 0.2;
    for (const [from, to] of stretches(band.q25, band.q75)) {
      context.beginPath();
      for (let i = from; i < to; ++i) context.lineTo(px(i), pixel(band.q25[i]));
      for (let i = to - 1; i >= from; --i) context.lineTo(px(i), pixel(band.q75[i]));
      context.fill();
    }
    context.setLineDash([4 * maps.ratio, 3 * maps.ratio]);
    line('q05', 1, colour, 0.8);
    line('q95', 1, colour, 0.8);
    context.setLineDash([]);
  }
  line('q50', 5, ink.back, 0.8);
  line('q50', 2.5, colour, 1);
  context.restore();
}
