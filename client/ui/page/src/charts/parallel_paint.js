// Paints parallel coordinates on 2D contexts.
import {axisTicks} from './parallel_model.js';

export const top = 46; // For names of axes and what is beyond their upper ends.
export const foot = 26;
const wide = 64; // Beside the outermost axes, for their texts.

// Returns {xs, yPixel(place), place(pixel), width, height} of so many axes.
export function parallelLayout(width, count) {
  const spacing = 96;
  const whole = Math.max(width, wide + 28 + spacing * (count - 1));
  const height = 430;
  const step = count > 1 ? (whole - wide - 28) / (count - 1) : 0;
  const inside = height - top - foot - 44;
  const roof = top + 22;
  return {
    width: whole, height, xs: Array.from({length: count}, (_, i) => 28 + i * step), step,
    yPixel: (place) => roof + (1 - place) * inside,
    place: (pixel) => 1 - (pixel - roof) / inside,
  };
}

export function paintLines(context, model, axes, layout, {colourOf, alpha, width = 1, shown = null}) {
  const {xs, yPixel} = layout;
  const places = axes.map((axis) => model.axes.find(({name}) => name === axis.name).place);
  context.save();
  context.globalAlpha = alpha;
  context.lineWidth = width;
  context.lineJoin = 'round';
  for (const i of model.order) {
    if (shown && !shown[i]) continue;
    context.strokeStyle = colourOf(i);
    context.beginPath();
    traceLine(context, places, i, xs, yPixel);
    context.stroke();
  }
  context.restore();
}

export function traceLine(context, places, i, xs, yPixel) {
  let pen = false;
  for (let a = 0; a < places.length; ++a) {
    const place = places[a][i];
    if (Number.isNaN(place)) {
      pen = false;
      continue;
    }
    if (pen) context.lineTo(xs[a], yPixel(place));
    else context.moveTo(xs[a], yPixel(place));
    pen = true;
  }
}

function fitted(context, text, width) {
  if (context.measureText(text).width <= width) return text;
  let end = text.length;
  while (end > 1 && context.measureText(`${text.slice(0, end)}…`).width > width) --end;
  return `${text.slice(0, end)}…`;
}

// Paints axes, ticks, names and brushes. `brushes`: Map of names to [from, to].
export function paintAxes(context, axes, layout, {ink, brushes, names, moving = null}) {
  const {xs, yPixel, step, width} = layout;
  context.save();
  context.textBaseline = 'middle';
  axes.forEach((axis, a) => {
    const x = xs[a];
    const brush = brushes.get(axis.name);
    context.strokeStyle = ink['line-strong'];
    context.lineWidth = 1;
    context.beginPath();
    context.moveTo(x, yPixel(1));
    context.lineTo(x, yPixel(0));
    context.stroke();
    if (brush) {
      const from = yPixel(Math.max(...brush));
      const to = yPixel(Math.min(...brush));
      context.fillStyle = ink.accent;
      context.globalAlpha = 0.22;
      context.fillRect(x - 8, from, 16, to - from);
      context.globalAlpha = 1;
      context.fillRect(x - 8, from - 1, 16, 2);
      context.fillRect(x - 8, to - 1, 16, 2);
    }
    context.font = `11px ${ink.font}`;
    context.textAlign = 'left';
    const room = (a + 1 < axes.length ? step : width - x) - 14;
    for (const {place, text} of axisTicks(axis, 8)) {
      const shown = fitted(context, text, room);
      const y = yPixel(place);
      context.fillStyle = ink.back;
      context.globalAlpha = 0.8;
      context.fillRect(x + 5, y - 7, context.measureText(shown).width + 4, 14);
      context.globalAlpha = 1;
      context.fillStyle = ink.muted;
      context.fillText(shown, x + 7, y);
      context.fillStyle = ink['line-strong'];
      context.fillRect(x - 3, y - 0.5, 6, 1);
    }
    context.font = `600 12px ${ink.font}`;
    context.fillStyle = axis.name === moving ? ink.accent : ink.text;
    context.fillText(fitted(context, names[a], (a + 1 < axes.length ? step : width - x + 20) - 8), a === 0 ? x - 8 : x - 14, 16);
  });
  context.restore();
}

