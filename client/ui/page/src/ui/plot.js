// A plot of lines or points: the metrics of a trial, the result of a query.
import {Frame} from '../charts/frame.js';
import {publish, useInk, useWidth} from '../charts/ink.js';
import {exact, number} from '../lib/format.js';
import {html, useEffect, useMemo, useRef, useState} from '../lib/html.js';
import {visible} from '../lib/visible.js';
import {nearest, placeOf, plotScene} from './plot_model.js';

function paint(context, maps, {series, scene, kind, colours, ink}) {
  const {ratio} = maps;
  const radius = (kind === 'points' ? 3 : 2.4) * ratio;
  context.lineJoin = 'round';
  context.lineWidth = 1.8 * ratio;
  series.forEach((one, s) => {
    const colour = colours[s];
    context.strokeStyle = colour;
    context.fillStyle = colour;
    const dots = kind === 'points' || one.x.length === 1;
    let drawing = false;
    context.beginPath();
    for (let i = 0; i < one.x.length; ++i) {
      const x = placeOf(one.x[i], scene.scales.x, scene.view.x);
      const y = placeOf(one.y[i], scene.scales.y, scene.view.y);
      if (!x || !y) {
        drawing = false; // A gap stays a gap.
        continue;
      }
      const px = x.place * maps.x.factor + maps.x.offset;
      const py = y.place * maps.y.factor + maps.y.offset;
      if (y.beyond || x.beyond) {
        mark(context, px, py, y.beyond || x.beyond, 5 * ratio);
        drawing = false;
      } else if (dots) {
        context.moveTo(px + radius, py);
        context.arc(px, py, radius, 0, 2 * Math.PI);
      } else if (drawing) {
        context.lineTo(px, py);
      } else {
        context.moveTo(px, py);
        drawing = true;
      }
    }
    if (dots) {
      context.globalAlpha = one.x.length > 500 ? 0.55 : 0.85;
      context.fill();
      context.globalAlpha = 1;
    } else {
      context.stroke();
    }
  });
  context.strokeStyle = ink.text;
}

// A triangle that points to where the value is: infinity above, zero below.
function mark(context, x, y, direction, size) {
  context.moveTo(x - size, y + direction * size * 0.8);
  context.lineTo(x, y - direction * size);
  context.lineTo(x + size, y + direction * size * 0.8);
  context.closePath();
}

// `series`: [{label, x, y}]; `colours`: one for each; `kind`: 'line' | 'points';
// `describe(series, point)` returns the lines of the tip, or null for the values.
export function Plot({name, label, series, colours, kind = 'line', log, steps = false, xLabel, yLabel, height = 300, describe = null}) {
  const host = useRef(null);
  const frame = useRef(null);
  const width = useWidth(host);
  const ink = useInk();
  const [tip, setTip] = useState(null);
  const scene = useMemo(() => plotScene(series, {log, steps}), [series, log.x, log.y, steps]);
  const state = useRef(null);
  state.current = {series, scene, kind, colours, ink};
  useEffect(() => {
    if (width < 50) return undefined;
    const own = new Frame(host.current, {
      paint: (context, maps) => paint(context, maps, state.current),
      hover: (x, y) => {
        const found = nearest(state.current.series, state.current.scene, own.maps(), {x, y});
        setTip(found && {...found, x, y});
        ring(own, state.current, found);
      },
      leave: () => {
        setTip(null);
        own.above();
      },
      click: () => {}, select: () => {}, reset: () => {},
    });
    frame.current = own;
    return () => {
      own.destroy();
      frame.current = null;
    };
  }, [width >= 50]);
  useEffect(() => {
    frame.current?.show({...scene, xLabel: visible(xLabel), yLabel: visible(yLabel), ink, width, height});
    publish(name, {label, view: scene.view, series: series.map((one) => ({label: one.label, x: [...one.x], y: [...one.y]}))});
  }, [scene, ink, width, height, kind, colours, xLabel, yLabel]);
  const lines = tip && (describe?.(tip.series, tip.point) ?? plain(series, tip, xLabel, yLabel));
  return html`<div class="plot" role="img" aria-label=${label}>
    <div ref=${host} style=${{height: `${height}px`}}></div>
    ${lines && html`<div class=${`tip${tip.x > width / 2 ? ' left' : ''}`}
      style=${{left: `${tip.x + (frame.current?.scene.ySize ?? 40)}px`, top: `${tip.y + 26}px`}}>
      ${lines.map((line, i) => html`<div key=${i}>${line}</div>`)}</div>`}
  </div>`;
}

function plain(series, {series: s, point}, xLabel, yLabel) {
  const one = series[s];
  return [
    series.length > 1 && one.label ? html`<b>${visible(one.label)}</b>` : null,
    `${visible(xLabel)} ${number(one.x[point], 6)}`,
    html`<span title=${exact(one.y[point])}>${visible(yLabel)} ${number(one.y[point], 6)}</span>`,
  ].filter(Boolean);
}

function ring(own, {series, scene, ink}, found) {
  const context = own.above();
  if (!found) return;
  const one = series[found.series];
  const x = placeOf(one.x[found.point], scene.scales.x, scene.view.x);
  const y = placeOf(one.y[found.point], scene.scales.y, scene.view.y);
  const maps = own.maps();
  context.strokeStyle = ink.text;
  context.lineWidth = 1.5;
  context.beginPath();
  context.arc(x.place * maps.x.factor + maps.x.offset, y.place * maps.y.factor + maps.y.offset, 5.5, 0, 2 * Math.PI);
  context.stroke();
}
