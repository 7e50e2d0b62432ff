// A heat map of two axes: where it is good, and where it is not stable any more.
import {Choice, labelOf} from '../../charts/controls.js';
import {fileName, saveCsv, savePng} from '../../charts/download.js';
import {cellAt, edgeShare, heatLayout, heatModel, heatSummary} from '../../charts/heat_model.js';
import {isTiny, paintHeat} from '../../charts/heat_paint.js';
import {prepare, publish, textWidth, useInk, useWidth} from '../../charts/ink.js';
import {address} from '../../lib/api.js';
import {axisValue, count, number, percent} from '../../lib/format.js';
import {html, useEffect, useMemo, useRef, useState} from '../../lib/html.js';
import {useResource} from '../../lib/resource.js';
import {place, setQuery} from '../../lib/router.js';
import {visible} from '../../lib/visible.js';
import {withValues, writeFilter} from '../../state/filter.js';
import {Answer, Empty, Partial} from '../../ui/parts.js';
import {heatSettings} from './heat_scene.js';

const mostTable = 2500; // Cells that are also a table.

export function HeatTab({sweep, filter, version}) {
  const settings = heatSettings(sweep, place.value.query);
  const {x, y, axes, value, values} = settings;
  const path = x && address(`/api/sweeps/${sweep.id}/heat`, {x: x.name, y: y.name, value, where: writeFilter(filter)});
  const answer = useResource(path, [version]);
  if (!x) {
    return html`<${Empty} title="A heat map needs two axes">
      <p>${axes.length === 1 ? 'Only one axis of this sweep has several values.' : 'No axis of this sweep has several values.'}</p></${Empty}>`;
  }
  const options = axes.map(({name, label}) => [name, label ?? name]);
  return html`<div class="chart-tab">
    <div class="bar">
      <${Choice} label="Across" name="x" value=${x.name} options=${options} standard=${settings.standardX}/>
      <${Choice} label="Upwards" name="y" value=${y.name} options=${options} standard=${settings.standardY}/>
      <${Choice} label="Value" name="value" value=${value} options=${values} standard=${values[0][0]}/>
    </div>
    <${Answer} of=${answer} what="Loading the heat map">${(data) => html`<${HeatChart} sweep=${sweep} filter=${filter} settings=${settings}
      data=${data} old=${answer.old}/>`}</${Answer}>
  </div>`;
}

// What is drawn, from an answer: cells, labels, and where they go.
function useHeat(sweep, settings, data, width, ink) {
  const model = useMemo(() => heatModel(data), [data]);
  const labels = useMemo(() => {
    const of = ({values}) => values.map((value) => visible(axisValue(value)));
    return {x: of(data.x), y: of(data.y)};
  }, [data]);
  const layout = useMemo(() => {
    const widest = (texts) => texts.reduce((most, text) => Math.max(most, textWidth(text, `12px ${ink.font}`)), 0);
    return heatLayout({width: Math.max(width, 200), columns: model.columns, rows: model.rows, xText: widest(labels.x),
      yText: widest(labels.y)});
  }, [width, model, labels, ink]);
  const names = {
    x: visible(labelOf(sweep.axes, data.x.axis)), y: visible(labelOf(sweep.axes, data.y.axis)),
    value: visible(settings.values.find(([name]) => name === data.value)?.[1] ?? data.value),
  };
  const text = (value) => (model.share ? percent(value) : number(value, 2));
  return {model, labels, layout, names, text};
}

// The cell under the pointer or the one that the keys have come to: [cell or null,
// handlers]. `open` is called with a cell that is chosen.
function useCell({model, layout}, canvas, open) {
  const [cell, setCell] = useState(null); // Where the keys go on from.
  const [shown, show] = useState(false);
  const known = cell && cell.x < model.columns && cell.y < model.rows ? cell : null;
  const under = (event) => {
    const {left, top} = canvas.current.getBoundingClientRect();
    return cellAt(layout, model, event.clientX - left, event.clientY - top);
  };
  const step = ([x, y]) => {
    const within = (at, most) => Math.min(most - 1, Math.max(0, at));
    setCell(known ? {x: within(known.x + x, model.columns), y: within(known.y + y, model.rows)} : {x: 0, y: 0});
    show(true);
  };
  const handlers = {
    onPointerMove: (event) => {
      const next = under(event);
      if (next && (next.x !== cell?.x || next.y !== cell?.y)) setCell(next);
      show(next !== null);
    },
    onPointerLeave: () => show(false),
    onClick: (event) => under(event) && open(under(event)),
    onKeyDown: (event) => {
      const way = {ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1]}[event.key];
      if (way) step(way);
      else if (event.key === 'Enter' && known) open(known);
      else if (event.key === 'Escape' && shown) show(false);
      else return;
      event.preventDefault();
    },
  };
  return [shown ? known : null, handlers];
}

function HeatChart({sweep, filter, settings, data, old}) {
  const ink = useInk();
  const box = useRef(null);
  const canvas = useRef(null);
  const width = useWidth(box);
  const heat = useHeat(sweep, settings, data, width, ink);
  const {model, labels, layout, names, text} = heat;
  useEffect(() => {
    if (width === 0) return;
    paintHeat(prepare(canvas.current, width, layout.height), {model, layout, ink, labels, names, text});
    publish('heat', {model, layout, labels, value: data.value});
  }, [model, layout, ink, width, names.x, names.y]);
  useEffect(() => () => publish('heat', null), []);
  const [cell, handlers] = useCell(heat, canvas, ({x, y}) => {
    const where = withValues(withValues(filter, data.x.axis, [data.x.values[x]]), data.y.axis, [data.y.values[y]]);
    setQuery({where: writeFilter(where), tab: null, zoom: null, off: null}, {replace: false});
  });
  if (model.columns === 0 || model.rows === 0) {
    return html`<${Empty} title="No cells"><p>The filter leaves no values of these axes.</p></${Empty}>`;
  }
  return html`
    <div class=${`chart${old ? ' old' : ''}`} ref=${box}>
      <div class="chart-canvas heat" tabindex="0" role="group" aria-roledescription="chart" aria-label=${toldHeat(heat)}
          style=${{minHeight: `${layout.height}px`}} ...${handlers}>
        <canvas ref=${canvas} aria-hidden="true"></canvas>
        ${cell && html`<div class="cell-mark" style=${markStyle(layout, cell)}></div>`}
      </div>
      ${cell ? html`<${CellTip} cell=${cell} heat=${heat} width=${width}/>` : html`<div class="out-of-sight" role="status"></div>`}
    </div>
    ${!(data.done < 1) && model.trials.every((trials) => trials === 0) && html`<p class="small muted">No trial that matches has ended yet.</p>`}
    <${Partial} done=${data.done}/>
    <p class="small muted chart-how">${legendWords(model, data, layout)}</p>
    <div class="chart-end"><span class="small muted grow">Click on a cell for its curves.</span>
      <button type="button" class="button small quiet" onClick=${() => picture(sweep, data, names, canvas.current, ink)}>PNG</button>
      <button type="button" class="button small quiet" onClick=${() => table(sweep, data, model)}>CSV</button></div>
    ${model.value.length <= mostTable && html`<${CellTable} heat=${heat}/>`}`;
}

const toldHeat = ({model, names, labels, text}) => heatSummary(model, {xLabel: names.x, yLabel: names.y, valueLabel: names.value,
  text: {value: text, x: (x) => labels.x[x], y: (y) => labels.y[y]}});

const markStyle = (layout, {x, y}) => ({
  left: `${layout.left + x * layout.cellWidth}px`, top: `${layout.bottom - (y + 1) * layout.cellHeight}px`,
  width: `${layout.cellWidth}px`, height: `${layout.cellHeight}px`,
});

function legendWords(model, data, layout) {
  const tiny = isTiny(layout);
  const some = model.diverged.some((share) => share > 0);
  const parts = [];
  if (data.how) parts.push(visible(data.how));
  if (model.trials.some((trials) => trials === 0)) parts.push(tiny ? 'blank: no trial has ended' : 'a dot: no trial has ended');
  if (!model.share && some) parts.push(tiny ? 'orange: all of its trials diverged' : 'hatched: some of its trials diverged');
  if (model.diverged.some((share) => share >= edgeShare)) parts.push('thick line: beyond it half of the trials or more diverged');
  return parts.join(' · ');
}

function CellTip({cell, heat, width}) {
  const {model, layout, names, labels} = heat;
  const at = cell.y * model.columns + cell.x;
  const left = layout.left + (cell.x + 1) * layout.cellWidth + 8;
  const flip = left > width * 0.6;
  const style = {[flip ? 'right' : 'left']: `${flip ? width - layout.left - cell.x * layout.cellWidth + 8 : left}px`,
    top: `${Math.max(0, layout.bottom - (cell.y + 1) * layout.cellHeight)}px`};
  const value = model.value[at];
  const none = model.trials[at] === 0 || Number.isNaN(value);
  return html`<div class="tip" style=${style} role="status"><dl class="tip-list">
    <dt>${names.x}</dt><dd><bdi>${labels.x[cell.x]}</bdi></dd><dt>${names.y}</dt><dd><bdi>${labels.y[cell.y]}</bdi></dd>
    <dt>${names.value}</dt><dd><b>${none ? '–' : model.share ? percent(value) : number(value)}</b></dd>
    <dt>trials</dt><dd>${count(model.trials[at])}</dd>
    ${!model.share && html`<dt>diverged</dt><dd>${percent(model.diverged[at])}</dd>`}
  </dl></div>`;
}

function CellTable({heat}) {
  const {model, names, labels, text} = heat;
  const cell = (x, y) => {
    const at = y * model.columns + x;
    if (model.trials[at] === 0) return '–';
    const share = !model.share && model.diverged[at] > 0 ? ` (${percent(model.diverged[at])} diverged)` : '';
    return `${Number.isNaN(model.value[at]) ? 'none' : text(model.value[at])}${share}`;
  };
  return html`<details class="as-table"><summary>As a table</summary><div class="table-wrap"><table class="data small">
    <caption class="out-of-sight">${names.value} by ${names.y} (rows) and ${names.x} (columns)</caption>
    <thead><tr><th scope="col">${names.y} \\ ${names.x}</th>${labels.x.map((label, x) =>
      html`<th scope="col" class="number" key=${x}><bdi>${label}</bdi></th>`)}</tr></thead>
    <tbody>${labels.y.map((label, y) => html`<tr key=${y}><th scope="row"><bdi>${label}</bdi></th>${labels.x.map((_, x) =>
      html`<td class="number" key=${x}>${cell(x, y)}</td>`)}</tr>`)}</tbody></table></div></details>`;
}

function picture(sweep, data, names, canvas, ink) {
  savePng(fileName(sweep, `heat-${data.x.axis}-${data.y.axis}`, 'png'), {layers: [{canvas}], ink,
    title: visible(sweep.title || sweep.name), subtitle: `sweep ${sweep.id}: ${names.value}`});
}

function table(sweep, data, model) {
  const rows = [];
  for (let y = 0; y < model.rows; ++y) {
    for (let x = 0; x < model.columns; ++x) {
      const at = y * model.columns + x;
      const value = Number.isNaN(model.value[at]) ? '' : model.value[at];
      rows.push([data.x.values[x], data.y.values[y], value, model.trials[at], model.diverged[at]]);
    }
  }
  saveCsv(fileName(sweep, `heat-${data.x.axis}-${data.y.axis}`, 'csv'), [data.x.axis, data.y.axis, data.value, 'trials', 'share_diverged'], rows);
}
