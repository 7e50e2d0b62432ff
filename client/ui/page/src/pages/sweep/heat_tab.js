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
    <${Answer} of=${answer} what="Loading the heat map">${(data) => html`<${Map} sweep=${sweep} filter=${filter} settings=${settings}
      data=${data} old=${answer.old}/>`}</${Answer}>
  </div>`;
}

function Map({sweep, filter, settings, data, old}) {
  const ink = useInk();
  const box = useRef(null);
  const canvas = useRef(null);
  const width = useWidth(box);
  const [cell, setCell] = useState(null);
  const [shownCell, showCell] = useState(false);
  const model = useMemo(() => heatModel(data), [data]);
  const names = {x: visible(labelOf(sweep.axes, data.x.axis)), y: visible(labelOf(sweep.axes, data.y.axis)),
    value: settings.values.find(([name]) => name === data.value)?.[1] ?? data.value};
  const xLabels = useMemo(() => data.x.values.map((value) => visible(axisValue(value))), [data]);
  const yLabels = useMemo(() => data.y.values.map((value) => visible(axisValue(value))), [data]);
  const text = (value) => (model.share ? percent(value) : number(value, 2));
  const widest = (labels) => Math.max(0, ...labels.map((label) => textWidth(label, `12px ${ink.font}`)));
  const layout = useMemo(() => heatLayout({width: Math.max(width, 200), columns: model.columns, rows: model.rows,
    xText: widest(xLabels), yText: widest(yLabels)}), [width, model, ink]);
  useEffect(() => {
    if (width === 0) return;
    const context = prepare(canvas.current, width, layout.height);
    paintHeat(context, {model, layout, ink, xLabels, yLabels, xName: names.x, yName: names.y, text});
    publish('heat', {model, layout, xLabels, yLabels, value: data.value});
  }, [model, layout, ink, width, names.x, names.y]);
  useEffect(() => () => publish('heat', null), []);

  const known = cell && cell.x < model.columns && cell.y < model.rows ? cell : null;
  const open = (at) => {
    let where = withValues(filter, data.x.axis, [data.x.values[at.x]]);
    where = withValues(where, data.y.axis, [data.y.values[at.y]]);
    setQuery({where: writeFilter(where), tab: null, zoom: null, off: null}, {replace: false});
  };
  const under = (event) => {
    const {left, top} = canvas.current.getBoundingClientRect();
    return cellAt(layout, model, event.clientX - left, event.clientY - top);
  };
  const onMove = (event) => {
    const next = under(event);
    if (next?.x !== cell?.x || next?.y !== cell?.y) setCell(next);
    showCell(next !== null);
  };
  const onKeyDown = (event) => {
    const step = {ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1]}[event.key];
    if (step) {
      const from = known ?? {x: 0, y: 0};
      const within = (at, most) => Math.min(most - 1, Math.max(0, at));
      setCell(known ? {x: within(from.x + step[0], model.columns), y: within(from.y + step[1], model.rows)} : from);
      showCell(true);
    } else if (event.key === 'Enter' && known) {
      open(known);
    } else if (event.key === 'Escape' && shownCell) {
      showCell(false);
    } else {
      return;
    }
    event.preventDefault();
  };
  const summary = heatSummary(model, {xLabel: names.x, yLabel: names.y, valueLabel: names.value,
    text: {value: text, x: (x) => xLabels[x], y: (y) => yLabels[y]}});
  if (model.columns === 0 || model.rows === 0) return html`<${Empty} title="No cells"><p>The filter leaves no values of these axes.</p></${Empty}>`;
  const nothing = model.trials.every((trials) => trials === 0);
  return html`
    <div class=${`chart${old ? ' old' : ''}`} ref=${box}>
      <div class="chart-canvas heat" tabindex="0" role="group" aria-roledescription="chart" aria-label=${summary} onKeyDown=${onKeyDown}
          onPointerMove=${onMove} onPointerLeave=${() => showCell(false)}
          onClick=${(event) => under(event) && open(under(event))} style=${{minHeight: `${layout.height}px`}}>
        <canvas ref=${canvas} aria-hidden="true"></canvas>
        ${known && shownCell && html`<div class="cell-mark" style=${markStyle(layout, known)}></div>`}
      </div>
      ${known && shownCell ? html`<${CellTip} ...${{known, model, layout, names, xLabels, yLabels, width}}/>`
    : html`<div class="out-of-sight" role="status"></div>`}
    </div>
    ${nothing && html`<p class="small muted">No trial that matches has ended yet.</p>`}
    <${Partial} done=${data.done}/>
    <p class="small muted chart-how">${legendWords(model, data, layout)}</p>
    <div class="chart-end"><span class="small muted grow">Click on a cell for its curves.</span>
      <button type="button" class="button small quiet" onClick=${() => savePng(fileName(sweep, `heat-${data.x.axis}-${data.y.axis}`, 'png'),
        {layers: [{canvas: canvas.current}], title: visible(sweep.title || sweep.name), subtitle: `sweep ${sweep.id}: ${names.value}`, ink})}>PNG</button>
      <button type="button" class="button small quiet" onClick=${() => table(sweep, data, model)}>CSV</button></div>
    ${model.value.length <= mostTable && html`<${CellTable} ...${{model, names, xLabels, yLabels, text}}/>`}`;
}

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

function CellTip({known, model, layout, names, xLabels, yLabels, width}) {
  const at = known.y * model.columns + known.x;
  const left = layout.left + (known.x + 1) * layout.cellWidth + 8;
  const flip = left > width * 0.6;
  const style = {[flip ? 'right' : 'left']: `${flip ? width - layout.left - known.x * layout.cellWidth + 8 : left}px`,
    top: `${Math.max(0, layout.bottom - (known.y + 1) * layout.cellHeight)}px`};
  const value = model.value[at];
  return html`<div class="tip" style=${style} role="status"><dl class="tip-list">
    <dt>${names.x}</dt><dd><bdi>${xLabels[known.x]}</bdi></dd><dt>${names.y}</dt><dd><bdi>${yLabels[known.y]}</bdi></dd>
    <dt>${names.value}</dt><dd><b>${model.trials[at] === 0 || Number.isNaN(value) ? '–' : model.share ? percent(value) : number(value)}</b></dd>
    <dt>trials</dt><dd>${count(model.trials[at])}</dd>
    ${!model.share && html`<dt>diverged</dt><dd>${percent(model.diverged[at])}</dd>`}
  </dl></div>`;
}

function CellTable({model, names, xLabels, yLabels, text}) {
  const cell = (x, y) => {
    const at = y * model.columns + x;
    if (model.trials[at] === 0) return '–';
    const share = !model.share && model.diverged[at] > 0 ? ` (${percent(model.diverged[at])} diverged)` : '';
    return `${Number.isNaN(model.value[at]) ? 'none' : text(model.value[at])}${share}`;
  };
  return html`<details class="as-table"><summary>As a table</summary><div class="table-wrap"><table class="data small">
    <caption class="out-of-sight">${names.value} by ${names.y} (rows) and ${names.x} (columns)</caption>
    <thead><tr><th scope="col">${names.y} \\ ${names.x}</th>${xLabels.map((label, x) => html`<th scope="col" class="number" key=${x}><bdi>${label}</bdi></th>`)}</tr></thead>
    <tbody>${yLabels.map((label, y) => html`<tr key=${y}><th scope="row"><bdi>${label}</bdi></th>${xLabels.map((_, x) =>
      html`<td class="number" key=${x}>${cell(x, y)}</td>`)}</tr>`)}</tbody></table></div></details>`;
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
