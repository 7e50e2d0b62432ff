// What is seen, as files.
import {csv} from './csv.js';

function save(name, blob) {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(blob);
  link.download = name;
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(link.href), 60000);
}

// A name that every file system takes.
export function fileName(sweep, what, ending) {
  const name = String(sweep.name ?? '').replaceAll(/[^\p{L}\p{N}._-]+/gu, '-').replaceAll(/^[-.]+|[-.]+$/g, '').slice(0, 80);
  return `${name || 'sweep'}-${sweep.id}-${what}.${ending}`;
}

export function saveCsv(name, names, rows) {
  save(name, new Blob([csv(names, rows)], {type: 'text/csv;charset=utf-8'}));
}

// Saves canvases that lie on each other ({canvas, left, top} in dots) as a picture
// with a title and a legend ([{label, colour}]).
export function savePng(name, {layers, title, subtitle = '', legend = [], ink}) {
  const [{canvas: ground}] = layers;
  const ratio = globalThis.devicePixelRatio || 1;
  const picture = document.createElement('canvas');
  const context = picture.getContext('2d');
  const font = (size, weight = 400) => `${weight} ${size * ratio}px ${ink.font}`;
  const gap = 16 * ratio;
  const row = 20 * ratio;
  context.font = font(13);
  const entries = legend.map((entry) => ({...entry, width: context.measureText(entry.label).width + 46 * ratio}));
  const rows = [];
  let used = Infinity;
  for (const entry of entries) {
    if (used + entry.width > ground.width) {
      rows.push([]);
      used = 0;
    }
    rows.at(-1).push({...entry, left: used});
    used += entry.width;
  }
  const above = 2 * gap + (subtitle ? 3 : 1.6) * row;
  picture.width = ground.width + 2 * gap;
  picture.height = above + ground.height + rows.length * row + 2 * gap;
  context.fillStyle = ink.back;
  context.fillRect(0, 0, picture.width, picture.height);
  context.fillStyle = ink.text;
  context.textBaseline = 'top';
  context.font = font(16, 600);
  context.fillText(title, gap, gap, picture.width - 2 * gap);
  context.fillStyle = ink.muted;
  context.font = font(13);
  if (subtitle) context.fillText(subtitle, gap, gap + 1.3 * row, picture.width - 2 * gap);
  for (const {canvas, left = 0, top = 0} of layers) context.drawImage(canvas, gap + left, above + top);
  rows.forEach((list, i) => {
    const y = above + ground.height + gap / 2 + i * row;
    for (const {label, colour, left} of list) {
      context.fillStyle = colour;
      context.fillRect(gap + left, y + 0.35 * row, 20 * ratio, 3 * ratio);
      context.fillStyle = ink.text;
      context.fillText(label, gap + left + 28 * ratio, y);
    }
  });
  picture.toBlob((blob) => blob && save(name, blob), 'image/png');
}
