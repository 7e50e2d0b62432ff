// All parameters and results of trials as lines over parallel axes.
import {Switch} from '../../charts/controls.js';
import {fileName, saveCsv, savePng} from '../../charts/download.js';
import {useInk, useWidth} from '../../charts/ink.js';
import {lineColour} from '../../charts/palette.js';
import {brushOf, orderedAxes, parallelModel} from '../../charts/parallel_model.js';
import {ParallelPlot} from '../../charts/parallel_plot.js';
import {address} from '../../lib/api.js';
import {axisValue, count, number} from '../../lib/format.js';
import {html, useEffect, useMemo, useRef, useSignal} from '../../lib/html.js';
import {useResource} from '../../lib/resource.js';
import {go, place, setQuery} from '../../lib/router.js';
import {visible} from '../../lib/visible.js';
import {conditionOn, without, writeFilter} from '../../state/filter.js';
import {stateByNumber, stateMarks, stateWords} from '../../state/states.js';
import {Empty, Partial, State, Trouble, Waiting} from '../../ui/parts.js';

const limit = 5000;

export function ParallelTab({sweep, filter, version}) {
  const where = writeFilter(filter);
  const path = (more) => address(`/api/sweeps/${sweep.id}/parallel`, {limit, ...more});
  const all = useResource(path({}), [version]);
  const chosen = useResource(where.length > 0 ? path({where}) : null, [version]);
  const error = all.error ?? chosen.error;
  const retry = () => [all, chosen].forEach((one) => one.error && one.retry());
  return html`<div class="chart-tab">
    <div class="bar"><${Switch} label="Colour" name="colour" value=${colourOf(place.value.query)} standard="loss"
      options=${[['loss', 'final loss'], ['state', 'state']]}/></div>
    ${error && html`<${Trouble} error=${error} retry=${retry}/>`}
    ${all.data === null ? !error && html`<${Waiting} what="Loading trials"/>` : html`<${Lines} sweep=${sweep} filter=${filter}
      all=${all.data} chosen=${where.length > 0 ? chosen.data : all.data} old=${chosen.old}/>`}
  </div>`;
}

const colourOf = (query) => (query.get('colour') === 'state' ? 'state' : 'loss');

// Returns the function (model, line) -> colour. What has no final loss, or diverged,
// has the colour of its state.
function colouringOf(kind, ink) {
  // Trials that have not ended are many at first, and say little.
  const ofState = (state) => (state === 0 ? ink['line-strong'] : ink[`state-${stateByNumber[state]}`] || ink.muted);
  if (kind === 'state') return (model, i) => ofState(model.state[i]);
  return (model, i) => {
    const share = model.axes.find(({name}) => name === 'final_loss')?.place[i];
    return model.state[i] === 2 || !(share >= -0.1 && share <= 1) ? ofState(model.state[i]) : lineColour(Math.max(0, share), ink.theme);
  };
}

// What is drawn, from both answers: models of all and of the chosen trials on the same
// axes, in the order that the address asks for, with the filter as brushes.
function useScene(sweep, filter, all, chosen, ink) {
  const {query} = place.value;
  const orderText = query.get('axes') ?? '';
  const kind = colourOf(query);
  const spec = sweep.axes ?? [];
  const whole = useMemo(() => parallelModel(all, {spec}), [all]);
  const part = useMemo(() => (chosen === all ? whole : chosen && parallelModel(chosen, {like: whole, spec})), [chosen, whole]);
  const axes = useMemo(() => orderedAxes(whole.axes, orderText.split(',')), [whole, orderText]);
  const whereText = writeFilter(filter).join('&');
  const brushes = useMemo(() => new Map(axes.map((axis) => [axis.name, brushOf(axis, conditionOn(filter, axis.name))])
    .filter(([, brush]) => brush !== null)), [axes, whereText]);
  const paint = useMemo(() => colouringOf(kind, ink), [kind, ink]);
  return {whole, part, axes, brushes, paint, kind, ordered: orderText !== ''};
}

// The plot on its canvases, with the handlers of the pointer.
function usePlot(sweep, filter, scene, refs, {ink, width, tip}) {
  const plot = useRef(null);
  const latest = useRef(filter);
  latest.current = filter;
  useEffect(() => {
    const canvases = Object.fromEntries(Object.entries(refs).map(([name, ref]) => [name, ref.current]));
    plot.current = new ParallelPlot(canvases, {
      tip: (next) => {
        tip.value = next;
      },
      brush: (name, condition) => {
        const rest = without(latest.current, name);
        setQuery({where: writeFilter(condition ? [...rest, condition] : rest)});
      },
      order: (names) => setQuery({axes: names.join(',')}),
      open: (trial) => go(`/sweeps/${sweep.id}/trials/${trial}`),
    });
    return () => plot.current.destroy();
  }, []);
  const {whole, part, axes, brushes, paint} = scene;
  useEffect(() => {
    if (width === 0 || !part) return;
    const names = axes.map(({label, name}) => visible(label ?? name));
    plot.current.show({all: whole, chosen: part, axes, brushes, names, ink, width, colourOf: paint});
  }, [whole, part, axes, brushes, ink, width, paint]);
  const at = (event) => {
    const {left, top} = refs.overlay.current.getBoundingClientRect();
    return [event.clientX - left, event.clientY - top];
  };
  // Nothing can be pointed at before something has been drawn.
  const drawn = (act) => (event) => plot.current.scene && act(event, ...at(event));
  return {
    onPointerDown: drawn((event, x, y) => {
      if (event.button === 0 && plot.current.down(x, y)) event.currentTarget.setPointerCapture(event.pointerId);
    }),
    onPointerMove: drawn((event, x, y) => {
      plot.current.move(x, y);
      event.currentTarget.style.cursor = plot.current.cursor(x, y);
    }),
    onPointerUp: drawn((event, x, y) => plot.current.up(x, y)),
    onPointerCancel: drawn(() => plot.current.cancel()),
    onPointerLeave: drawn(() => plot.current.point(-1, 0, 0)),
    onKeyDown: drawn((event) => event.key === 'Escape' && plot.current.cancel() && event.preventDefault()),
  };
}

function Lines({sweep, filter, all, chosen, old}) {
  const ink = useInk();
  const box = useRef(null);
  const refs = {back: useRef(null), front: useRef(null), overlay: useRef(null)};
  const tip = useSignal(null);
  const width = useWidth(box);
  const scene = useScene(sweep, filter, all, chosen, ink);
  const {part, axes, kind, ordered} = scene;
  const {onKeyDown, ...pointer} = usePlot(sweep, filter, scene, refs, {ink, width, tip});
  const header = chosen?.header ?? all.header;
  const summary = `${count(part?.n ?? 0)} trials as lines over ${axes.length} axes: ${axes.map(({label, name}) => visible(label ?? name)).join(', ')}. ` +
    'The filter above does with the keyboard what brushes do; the tab of trials has the numbers.';
  return html`
    <div class=${`chart${old ? ' old' : ''}`} ref=${box}>
      <div class="parallel-scroll" tabindex="0" role="group" aria-roledescription="chart" aria-label=${summary} onKeyDown=${onKeyDown}>
        <div class="parallel" ...${pointer}>
          <canvas ref=${refs.back} aria-hidden="true"></canvas>
          <canvas ref=${refs.front} class="over" aria-hidden="true"></canvas>
          <canvas ref=${refs.overlay} class="over" aria-hidden="true"></canvas>
          <${LineTip} tip=${tip} model=${part}/>
        </div>
      </div>
    </div>
    ${all.trial.length === 0 && html`<${Empty} title="No trials yet"><p>Lines appear when trials have begun.</p></${Empty}>`}
    ${all.trial.length > 0 && part?.n === 0 && html`<p class="small muted">No trial matches the filter. A click on a brushed axis takes its brush away.</p>`}
    <${Legend} model=${part} kind=${kind} ink=${ink}/>
    <p class="small muted chart-how">${notesOf(header, part, chosen !== all)}</p>
    <${Partial} done=${header.done}/>
    <div class="chart-end"><span class="small muted grow">Drag along an axis to choose, click on it to take that back, drag a name to move its axis.</span>
      ${ordered && html`<button type="button" class="button small" onClick=${() => setQuery({axes: null})}>Order of the spec</button>`}
      <button type="button" class="button small quiet" onClick=${() => picture(sweep, part, refs, ink)}>PNG</button>
      <button type="button" class="button small quiet" onClick=${() => part && table(sweep, part, axes)}>CSV</button></div>`;
}

function notesOf(header, part, filtered) {
  if (!part) return '';
  const more = header.matching < 0 || header.matching > header.shown;
  const notes = [more ? `${count(header.shown)} of ${header.matching < 0 ? 'more than a million' : count(header.matching)} trials, evenly chosen`
    : `${count(part.n)} ${part.n === 1 ? 'trial' : 'trials'}`];
  if (filtered) notes.push('faint: all trials');
  return notes.join(' · ');
}

function Legend({model, kind, ink}) {
  if (!model || model.n === 0) return null;
  const counts = new Map();
  for (const state of model.state) counts.set(state, (counts.get(state) ?? 0) + 1);
  const loss = model.axes.find(({name}) => name === 'final_loss');
  const states = [...counts].filter(([state]) => kind === 'state' || state !== 1).sort(([a], [b]) => a - b);
  return html`<div class="legend">
    ${kind === 'loss' && loss && html`<span class="legend-entry"><span class="muted">final loss</span><span class="numbers">${number(loss.low, 2)}</span>
      <span class="colour-strip" style=${{background: `linear-gradient(90deg, ${Array.from({length: 9}, (_, i) => lineColour(i / 8, ink.theme)).join(', ')})`}}
        aria-hidden="true"></span><span class="numbers">${number(loss.high, 2)}</span></span>`}
    ${states.map(([state, trials]) => {
    const name = state === 0 ? 'pending' : stateByNumber[state];
    return html`<span class="legend-entry" key=${state}><span style=${{color: `var(--state-${name})`}} aria-hidden="true">${stateMarks[name]}</span>
      ${count(trials)} ${state === 0 ? 'not ended' : stateWords[name]}</span>`;
  })}
  </div>`;
}

function LineTip({tip, model}) {
  const now = tip.value;
  if (!now || !model || now.line >= model.n) return null;
  const right = now.left > now.width / 2;
  const style = {[right ? 'right' : 'left']: `${right ? now.width - now.left + 16 : now.left + 16}px`, top: `${Math.min(now.top + 8, now.height - 200)}px`};
  const value = (axis) => {
    const raw = model.columns[axis.name][now.line];
    return axis.words ? axis.words[raw] ?? '–' : axis.result && model.state[now.line] === 0 && Number.isNaN(raw) ? '–' : raw;
  };
  return html`<div class="tip" style=${style} role="status">
    <div class="tip-head">trial ${count(now.trial)} ${model.state[now.line] === 0 ? html`<span class="muted">not ended</span>` : html`<${State} of=${stateByNumber[model.state[now.line]]}/>`}</div>
    <dl class="tip-list">${model.axes.map((axis) => html`<dt key=${axis.name}>${visible(axis.label ?? axis.name)}</dt>
      <dd><bdi>${visible(axisValue(value(axis)))}</bdi></dd>`)}</dl>
    <p class="tip-hint">Click for the trial</p></div>`;
}

function picture(sweep, part, refs, ink) {
  savePng(fileName(sweep, 'parallel', 'png'), {
    layers: ['back', 'front', 'overlay'].map((name) => ({canvas: refs[name].current})), ink,
    title: visible(sweep.title || sweep.name), subtitle: `sweep ${sweep.id}, ${count(part?.n ?? 0)} trials`,
  });
}

function table(sweep, model, axes) {
  const rows = Array.from({length: model.n}, (_, i) => [model.trial[i], stateByNumber[model.state[i]],
    ...axes.map((axis) => (axis.words ? axis.words[model.columns[axis.name][i]] : model.columns[axis.name][i]))]);
  saveCsv(fileName(sweep, 'parallel', 'csv'), ['trial', 'state', ...axes.map(({name}) => name)], rows);
}
