// Curves of a sweep: single ones coloured by an axis, or how thousands are spread.
import {ColourBar, Choice, Switch, varied} from '../../charts/controls.js';
import {CurvesPlot} from '../../charts/curves_plot.js';
import {scaledView, zoomOf} from '../../charts/curves_model.js';
import {fileName, saveCsv, savePng} from '../../charts/download.js';
import {useInk, useWidth} from '../../charts/ink.js';
import {lineColour} from '../../charts/palette.js';
import {formatZoom, parseZoom} from '../../charts/scales.js';
import {valueText} from '../../charts/ticks.js';
import {address} from '../../lib/api.js';
import {count, percent} from '../../lib/format.js';
import {html, useEffect, useMemo, useRef, useSignal} from '../../lib/html.js';
import {useResource} from '../../lib/resource.js';
import {go, place, setQuery, withQuery} from '../../lib/router.js';
import {visible} from '../../lib/visible.js';
import {stateByNumber} from '../../state/states.js';
import {writeFilter} from '../../state/filter.js';
import {Empty, Partial, Trouble, Waiting} from '../../ui/parts.js';
import {notesOf} from './curves_notes.js';
import {begun, closer, curvesSummary, limit, sceneOf, settingsOf, wanted} from './curves_scene.js';
import {CurvesTip} from './curves_tip.js';

const bins = '160x240'; // Rows by columns.

export function CurvesTab({sweep, filter, version}) {
  const {query} = place.value;
  const settings = settingsOf(sweep, query);
  const where = writeFilter(filter);
  const path = (what, more) => address(`/api/sweeps/${sweep.id}/${what}`,
    {metric: settings.metric.name, by: settings.by === 'none' ? null : settings.by, ...more});
  const matching = useRef({key: '', count: null});
  const key = where.join('&');
  const want = wanted(settings, sweep, where.length > 0, matching.current.key === key ? matching.current.count : null);
  const curves = useResource(want.curves ? path('curves', {where, limit}) : null, [version]);
  if (curves.data && !curves.old) matching.current = {key, count: curves.data.header.matching ?? null};
  const then = wanted(settings, sweep, where.length > 0, matching.current.key === key ? matching.current.count : null);
  const density = useResource(then.density ? path('density', {where, bins}) : null, [version]);
  const context = useResource(then.context ? path('density', {bins}) : null, [version]);

  const spread = then.density && counted(density.data) ? density.data : null;
  const behind = then.context && counted(context.data) ? context.data : null;
  const single = then.curves && !spread ? curves.data : null;
  // What is zoomed to in more detail, once it is there.
  const more = closer(parseZoom(query.get('zoom')), {curves: single, density: spread});
  const nearCurves = useResource(more.curves ? path('curves', {where, limit, ...more.curves}) : null, [version]);
  const nearDensity = useResource(more.density ? path('density', {where, bins, ...more.density}) : null, [version]);
  const near = useMemo(() => ({curves: nearCurves.old ? null : nearCurves.data, density: !nearDensity.old && counted(nearDensity.data) ? nearDensity.data : null}),
    [nearCurves.data, nearCurves.old, nearDensity.data, nearDensity.old]);
  const answers = useMemo(() => ({curves: single, density: spread, context: behind, near}), [single, spread, behind, near]);
  const error = curves.error ?? density.error ?? context.error;
  const retry = () => [curves, density, context].forEach((one) => one.error && one.retry());
  // While another question is on its way, the last picture stays.
  const held = useRef(null);
  const none = !answers.curves && !answers.density;
  if (!none) held.current = answers;
  const shown = none && !error ? held.current : answers;
  const nothing = !shown || (none && error);
  return html`<div class="chart-tab">
    <${Controls} sweep=${sweep} settings=${settings} many=${begun(sweep) > limit || then.density}/>
    ${error && html`<${Trouble} error=${error} retry=${retry}/>`}
    ${nothing && !error && html`<${Waiting} what="Loading curves"/>`}
    ${!nothing && html`<${Chart} sweep=${sweep} settings=${settings} answers=${shown} filtered=${where.length > 0}
      old=${none || curves.old || density.old}/>`}
  </div>`;
}

// An answer that has only begun says nothing yet.
const counted = (data) => data !== null && (data.header.trials > 0 || !(data.header.done < 1));

function Controls({sweep, settings, many}) {
  const {metric, by, standardBy, show, xLog, yLog, standardX, standardY} = settings;
  const metrics = sweep.metrics ?? [];
  const scales = [['log', 'log'], ['linear', 'linear']];
  const axes = varied(sweep);
  return html`<div class="bar">
    ${metrics.length > 1 && html`<${Choice} label="Metric" name="metric" value=${metric.name} standard=${metrics[0]?.name}
      options=${metrics.map(({name, label}) => [name, label ?? name])} clears=${['zoom', 'yscale']}/>`}
    ${axes.length > 0 && html`<${Choice} label="Colour" name="by" value=${by} standard=${standardBy} clears=${['off']}
      options=${[...axes.map(({name, label}) => [name, label ?? name]), ['none', 'all alike']]}/>`}
    ${(many || show !== 'auto') && html`<${Switch} label="Show" name="show" value=${show} standard="auto"
      options=${[['auto', 'auto'], ['density', 'spread'], ['curves', 'curves']]}/>`}
    <${Switch} label="Steps" name="xscale" value=${xLog ? 'log' : 'linear'} standard=${standardX} options=${scales} clears=${['zoom']}/>
    <${Switch} label="Values" name="yscale" value=${yLog ? 'log' : 'linear'} standard=${standardY} options=${scales} clears=${['zoom']}/>
  </div>`;
}

// The plot in its place, and what keys do to it.
function usePlot(sweep, settings, scene, host, tip, {ink, width, height}) {
  const plot = useRef(null);
  const latest = useRef(scene);
  latest.current = scene;
  const zoomTo = (places) => {
    const {all, scales} = latest.current;
    setQuery({zoom: places && formatZoom(zoomOf(places, all, scales))});
  };
  useEffect(() => {
    plot.current = new CurvesPlot(host.current, {
      tip: (next) => {
        tip.value = next;
      },
      zoom: zoomTo,
      reset: () => zoomTo(null),
    });
    return () => plot.current.destroy();
  }, []);
  useEffect(() => {
    if (width > 0) plot.current.show({...scene, width, height, ink, xLabel: 'step', yLabel: visible(settings.metric.label ?? settings.metric.name)});
  }, [scene, width, height, ink]);
  // Around what is lit, else around the middle.
  const scaled = (factor) => {
    const {view, all} = latest.current;
    const {tip: lit, scene: drawn} = plot.current;
    const x = lit?.point >= 0 ? drawn.model.x[lit.point] : (view.x[0] + view.x[1]) / 2;
    const y = lit?.point >= 0 && Number.isFinite(drawn.model.y[lit.point]) ? drawn.model.y[lit.point] : (view.y[0] + view.y[1]) / 2;
    zoomTo(scaledView(view, all, factor, [x, y]));
  };
  const onKeyDown = (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === 'Enter' && tip.value?.trial !== undefined) go(`/sweeps/${sweep.id}/trials/${tip.value.trial}`);
    else if ('+=-'.includes(event.key)) scaled(event.key === '-' ? 2 : 0.5);
    else if (!plot.current.key(event.key)) return;
    event.preventDefault();
  };
  return [plot, onKeyDown];
}

function Chart({sweep, settings, answers, filtered, old}) {
  const ink = useInk();
  const host = useRef(null);
  const tip = useSignal(null);
  const width = useWidth(host);
  const height = Math.round(Math.min(620, Math.max(300, width * 0.56)));
  const zoomText = place.value.query.get('zoom');
  const offText = [...settings.off].join('\n');
  const scene = useMemo(() => sceneOf(answers, settings, parseZoom(zoomText), ink.theme),
    [answers, settings.xLog, settings.yLog, settings.by, offText, zoomText, ink.theme]);
  const [plot, onKeyDown] = usePlot(sweep, settings, scene, host, tip, {ink, width, height});
  const header = (answers.curves ?? answers.density ?? answers.context)?.header;
  return html`
    <div class=${`chart${old ? ' old' : ''}`}>
      <div class="chart-canvas" ref=${host} tabindex="0" role="group" aria-roledescription="chart"
        aria-label=${curvesSummary(scene, settings, header)} onKeyDown=${onKeyDown} style=${{minHeight: `${height}px`}}></div>
      <${CurvesTip} sweep=${sweep} tip=${tip} scene=${scene} settings=${settings} close=${() => plot.current.unpin()}/>
    </div>
    <${Legend} scene=${scene} settings=${settings} ink=${ink}/>
    <${Notes} sweep=${sweep} scene=${scene} header=${header} answers=${answers} filtered=${filtered}/>
    <div class="chart-end"><span class="small muted grow">Drag or + to look closer, double click or − for all of it.</span>
      ${zoomText && html`<button type="button" class="button small" onClick=${() => setQuery({zoom: null})}>All of it</button>`}
      <button type="button" class="button small quiet" onClick=${() => picture(sweep, settings, scene, plot.current, ink, header)}>PNG</button>
      <button type="button" class="button small quiet" onClick=${() => table(sweep, settings, scene)}>CSV</button></div>`;
}

function Legend({scene, settings, ink}) {
  const {groups, colours, isOn} = scene;
  if (colours.kind === 'none' || groups.length === 0) return null;
  const label = settings.axis?.label ?? settings.by;
  if (colours.kind === 'scale') {
    return html`<${ColourBar} label=${label} low=${valueText(colours.low)} high=${valueText(colours.high)}
      gradient=${Array.from({length: 9}, (_, i) => lineColour(i / 8, ink.theme))}/>`;
  }
  const toggle = (group) => {
    const off = new Set(settings.off);
    if (!off.delete(String(group.label))) off.add(String(group.label));
    setQuery({off: [...off]});
  };
  return html`<div class="legend" role="group" aria-label=${`Groups by ${visible(label)}`}>
    <span class="muted">${visible(label)}</span>
    ${groups.map((group, i) => html`<button type="button" class="legend-entry" key=${group.label} aria-pressed=${isOn[i]}
        title=${isOn[i] ? 'Leave these out' : 'Show these'} onClick=${() => toggle(group)}>
      <span class="legend-line" style=${{background: colours.colours[i]}} aria-hidden="true"></span><bdi>${visible(group.label)}</bdi></button>`)}
  </div>`;
}

// What the picture cannot say by itself.
function Notes({sweep, scene, header, answers, filtered}) {
  if (scene.model?.n === 0) {
    return html`<${Empty} title=${filtered ? 'No trial with a curve matches the filter' : 'No curves yet'}>
      <p>${filtered ? 'Take something out of the filter.' : begun(sweep) === 0 ? 'No trial of this sweep has begun.'
    : 'Trials have begun, and have not recorded anything so far.'}</p></${Empty}>`;
  }
  if (scene.model && scene.model.values.length === 0) {
    return html`<${Empty} title="Nothing to draw"><p>None of these trials has recorded a value of this metric.${
      sweep.counts?.failed > 0 ? html` <a href=${withQuery({tab: 'trials'})}>Their table</a> says how they failed.` : ''}</p></${Empty}>`;
  }
  return html`<div class="chart-notes">
    <p class="small muted">${notesOf(scene, answers, header).join(' · ')}</p>
    ${answers.density && html`<${Partial} done=${header.done} what="of the curves counted"/>`}
  </div>`;
}

function picture(sweep, settings, scene, plot, ink, header) {
  const {bbox} = plot.frame.plot;
  const legend = scene.colours.kind === 'names'
    ? scene.groups.map(({label}, i) => ({label: `${settings.axis.label ?? settings.by} ${visible(label)}`, colour: scene.colours.colours[i]}))
      .filter((_, i) => scene.isOn[i])
    : [];
  const trials = header?.shown ?? header?.trials ?? 0;
  savePng(fileName(sweep, `curves-${settings.metric.name}`, 'png'), {
    layers: [{canvas: plot.frame.canvas}, {canvas: plot.frame.overlay, left: bbox.left, top: bbox.top}],
    title: visible(sweep.title || sweep.name), legend, ink,
    subtitle: `sweep ${sweep.id}, ${count(trials)} curves${header?.done < 1 ? ` (${percent(header.done)} counted)` : ''}`,
  });
}

function table(sweep, settings, scene) {
  const name = fileName(sweep, `curves-${settings.metric.name}`, 'csv');
  const {whole: model, groups, bands, steps, isOn} = scene;
  const rows = [];
  if (model) {
    for (let c = 0; c < model.n; ++c) {
      if (isOn[model.group[c]] === false) continue;
      const group = groups[model.group[c]]?.label ?? '';
      for (let i = model.start[c]; i < model.start[c + 1]; ++i) {
        rows.push([model.trial[c], group, stateByNumber[model.state[c]], model.steps[i], model.values[i]]);
      }
    }
    saveCsv(name, ['trial', settings.by === 'none' ? 'group' : settings.by, 'state', 'step', settings.metric.name], rows);
    return;
  }
  const {data} = scene.scales.yScale;
  for (const band of bands) {
    for (let i = 0; i < steps.length; ++i) {
      rows.push([band.label, steps[i], ...['q05', 'q25', 'q50', 'q75', 'q95'].map((q) => data(band[q][i]))]);
    }
  }
  saveCsv(name, [settings.by === 'none' ? 'group' : settings.by, 'step', 'q05', 'q25', 'q50', 'q75', 'q95'], rows);
}
