// Paints a heat map on a 2D context.
import {heatShare, stabilityEdge} from './heat_model.js';
import {needsWhite, viridis, viridisHex} from './palette.js';
import {valueTicks} from './ticks.js';

const smallest = 4; // Cells below that many pixels have no gaps, hatches and numbers.
const mostNumbers = 1500;

const css = ([r, g, b]) => `rgb(${r} ${g} ${b})`;

export const isTiny = ({cellWidth, cellHeight}) => cellWidth < smallest || cellHeight < smallest;

// `scene`: {model, layout, ink, labels: {x, y}, names: {x, y}, text(value)}.
export function paintHeat(context, scene) {
  const {layout, model} = scene;
  if (isTiny(layout)) paintDots(context, scene);
  else paintCells(context, scene);
  paintEdge(context, scene);
  if (layout.numbers && model.value.length <= mostNumbers) paintNumbers(context, scene);
  paintLabels(context, scene);
  if (!Number.isNaN(model.low)) paintBar(context, scene);
}

function rectangle({left, bottom, cellWidth, cellHeight}, x, y, gap) {
  return [left + x * cellWidth + gap / 2, bottom - (y + 1) * cellHeight + gap / 2, cellWidth - gap, cellHeight - gap];
}

function paintCells(context, {model, layout, ink}) {
  const gap = Math.min(layout.cellWidth, layout.cellHeight) > 9 ? 1 : 0;
  const {columns, rows, value, trials, diverged, share} = model;
  for (let y = 0; y < rows; ++y) {
    for (let x = 0; x < columns; ++x) {
      const at = y * columns + x;
      const box = rectangle(layout, x, y, gap);
      if (trials[at] === 0) {
        paintEmpty(context, box, ink);
        continue;
      }
      const part = heatShare(model, value[at]);
      context.fillStyle = Number.isNaN(part) || value[at] === Infinity ? ink.soft : css(viridis(part));
      context.fillRect(...box);
      if (diverged[at] > 0 && !share) hatch(context, box, diverged[at], ink);
    }
  }
}

// Nothing is known here: neither a colour nor a number.
function paintEmpty(context, [x, y, width, height], ink) {
  context.fillStyle = ink['line-strong'];
  context.beginPath();
  context.arc(x + width / 2, y + height / 2, Math.min(1.5, width / 4), 0, 2 * Math.PI);
  context.fill();
}

// Hatches a cell, the denser the more of its trials diverged.
function hatch(context, [x, y, width, height], share, ink) {
  const distance = share >= 1 ? 5 : 5 + 7 * (1 - share);
  context.save();
  context.beginPath();
  context.rect(x, y, width, height);
  context.clip();
  context.beginPath();
  for (let at = -height; at < width; at += distance) {
    context.moveTo(x + at, y + height);
    context.lineTo(x + at + height, y);
  }
  context.strokeStyle = ink.back;
  context.globalAlpha = 0.5;
  context.lineWidth = 2.6;
  context.stroke();
  context.strokeStyle = ink['state-diverged'];
  context.globalAlpha = 0.9;
  context.lineWidth = 1.2;
  context.stroke();
  context.restore();
}

function paintDots(context, {model, layout, ink}) {
  const {columns, rows, value, trials, diverged, share} = model;
  const canvas = document.createElement('canvas');
  canvas.width = columns;
  canvas.height = rows;
  const image = new ImageData(columns, rows);
  const lost = rgb(ink['state-diverged']);
  for (let y = 0; y < rows; ++y) {
    for (let x = 0; x < columns; ++x) {
      const at = y * columns + x;
      if (trials[at] === 0) continue;
      const part = heatShare(model, value[at]);
      const colour = !share && (Number.isNaN(part) || diverged[at] >= 1) ? lost : viridis(part);
      image.data.set([...colour, 255], 4 * ((rows - 1 - y) * columns + x));
    }
  }
  canvas.getContext('2d').putImageData(image, 0, 0);
  context.imageSmoothingEnabled = false;
  context.drawImage(canvas, layout.left, layout.top, layout.right - layout.left, layout.bottom - layout.top);
}

const rgb = (hex) => [1, 3, 5].map((at) => Number.parseInt(hex.slice(at, at + 2), 16) || 0);

// The edge of stability, with a rim so that it is seen on every colour.
function paintEdge(context, {model, layout, ink}) {
  const {left, bottom, cellWidth, cellHeight} = layout;
  context.save();
  context.lineCap = 'square';
  for (const [style, width] of [[ink.back, 5], [ink['state-diverged'], 2.5]]) {
    context.strokeStyle = style;
    context.lineWidth = width;
    context.beginPath();
    for (const [x0, y0, x1, y1] of stabilityEdge(model)) {
      context.moveTo(left + x0 * cellWidth, bottom - y0 * cellHeight);
      context.lineTo(left + x1 * cellWidth, bottom - y1 * cellHeight);
    }
    context.stroke();
  }
  context.restore();
}

function paintNumbers(context, {model, layout, ink, text}) {
  const {columns, value, trials, diverged, share} = model;
  context.font = `11px ${ink.font}`;
  context.textAlign = 'center';
  context.textBaseline = 'middle';
  for (let at = 0; at < value.length; ++at) {
    if (trials[at] === 0) continue;
    const [x, y, width, height] = rectangle(layout, at % columns, Math.floor(at / columns), 0);
    const part = heatShare(model, value[at]);
    const plain = Number.isNaN(part) || value[at] === Infinity;
    const word = Number.isNaN(value[at]) ? (diverged[at] > 0 ? 'diverged' : '–') : text(value[at]);
    const dark = !plain && needsWhite(viridis(part));
    if (!share && diverged[at] > 0) {
      // On hatches a number needs a ground.
      const room = context.measureText(word).width + 8;
      context.fillStyle = plain ? ink.soft : css(viridis(part));
      context.fillRect(x + width / 2 - room / 2, y + height / 2 - 8, room, 16);
    }
    context.fillStyle = plain ? ink.text : dark ? '#ffffff' : '#111111';
    context.fillText(word, x + width / 2, y + height / 2 + 0.5, width - 4);
  }
}

function shortened(context, text, width) {
  if (context.measureText(text).width <= width) return text;
  let end = text.length;
  while (end > 1 && context.measureText(`${text.slice(0, end)}…`).width > width) --end;
  return `${text.slice(0, end)}…`;
}

function paintLabels(context, {model, layout, ink, labels, names}) {
  const {left, bottom, right, cellWidth, cellHeight, turned, nthX, nthY, below} = layout;
  context.font = `12px ${ink.font}`;
  context.fillStyle = ink.muted;
  context.textBaseline = 'middle';
  context.textAlign = 'right';
  for (let y = 0; y < model.rows; y += nthY) {
    context.fillText(shortened(context, labels.y[y], left - 12), left - 8, bottom - (y + 0.5) * cellHeight);
  }
  for (let x = 0; x < model.columns; x += nthX) {
    const at = left + (x + 0.5) * cellWidth;
    if (turned) {
      context.save();
      context.translate(at, bottom + 8);
      context.rotate(-Math.PI / 2);
      context.textAlign = 'right';
      context.fillText(shortened(context, labels.x[x], below), 0, 0);
      context.restore();
    } else {
      context.textAlign = 'center';
      context.fillText(labels.x[x], at, bottom + 8 + below / 2);
    }
  }
  context.textAlign = 'left';
  context.fillText(names.y, 4, 12);
  context.textAlign = 'right';
  context.fillText(names.x, right, bottom + 8 + below + 14);
}

function paintBar(context, {model, layout, ink}) {
  const {low, high, log} = model;
  const stops = Array.from({length: 17}, (_, i) => i / 16);
  const ticks = high > low ? valueTicks({low, high, log, most: layout.bar ? 6 : 4}).major : [{value: low, text: String(low)}];
  context.font = `11px ${ink.font}`;
  context.textBaseline = 'middle';
  if (layout.bar) {
    const x = layout.right + 28;
    const height = Math.min(layout.bottom - layout.top, 240);
    const gradient = context.createLinearGradient(0, layout.top + height, 0, layout.top);
    for (const stop of stops) gradient.addColorStop(stop, viridisHex(stop));
    context.fillStyle = gradient;
    context.fillRect(x, layout.top, 12, height);
    context.fillStyle = ink.muted;
    context.textAlign = 'left';
    for (const {value, text} of ticks) context.fillText(text, x + 18, layout.top + height * (1 - heatShare(model, value)));
    return;
  }
  const width = Math.min(layout.width - layout.left - 30, 260);
  const y = layout.height - 34;
  const gradient = context.createLinearGradient(layout.left, 0, layout.left + width, 0);
  for (const stop of stops) gradient.addColorStop(stop, viridisHex(stop));
  context.fillStyle = gradient;
  context.fillRect(layout.left, y, width, 10);
  context.fillStyle = ink.muted;
  context.textAlign = 'center';
  for (const {value, text} of ticks) context.fillText(text, layout.left + width * heatShare(model, value), y + 22);
}
