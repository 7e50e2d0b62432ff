// One trial: what it was given, what it did, where, and how to run it alone.
import {groupColours} from '../charts/palette.js';
import {bytes, count, duration, number, stamp} from '../lib/format.js';
import {html, useMemo} from '../lib/html.js';
import {sweepVersion} from '../lib/live.js';
import {useResource} from '../lib/resource.js';
import {theme} from '../lib/theme.js';
import {visible} from '../lib/visible.js';
import {Answer, Command, Empty, Facts, Name, State, Time, Trouble, Value} from '../ui/parts.js';
import {Story} from '../ui/story.js';
import {Plot} from '../ui/plot.js';
import {suggestsLog} from '../ui/plot_model.js';
import {Events} from './sweep/spec_tab.js';

const words = (name) => visible(name).replaceAll('_', ' ');

function shown(name, value) {
  if (name === 'seconds') return duration(value);
  if (/_time$/.test(name) && typeof value === 'string') return stamp(value);
  if (typeof value === 'number' || ['nan', 'inf', '-inf'].includes(value)) return html`<${Value} value=${value}/>`;
  if (value === null || value === '') return '–';
  return typeof value === 'object' ? html`<code>${visible(JSON.stringify(value))}</code>` : html`<${Name} of=${value}/>`;
}

// What a result says that does not stand elsewhere on the page.
const saidElsewhere = new Set(['trial', 'attempt', 'outcome', 'error']);
const isNews = ([name, value]) => !saidElsewhere.has(name) && value !== '' && value !== null;

// Returns the curves of a trial as [{name, label, log, x, y}].
function metricsOf(columns) {
  return columns.header.metrics.map((metric) => ({...metric, x: columns[`${metric.name}.step`] ?? columns.step, y: columns[metric.name]}))
    .filter(({x, y}) => x && y && y.length > 0);
}

function Metrics({base, version}) {
  const answer = useResource(`${base}/curves`, [version]);
  const colour = groupColours(1, {theme: theme.value});
  return html`<${Answer} of=${answer} what="Loading the curves">${(columns) => html`<${Curves} columns=${columns} colour=${colour}/>`}</${Answer}>`;
}

function Curves({columns, colour}) {
  const metrics = useMemo(() => metricsOf(columns).map((metric) => {
    const series = [{label: metric.label, x: metric.x, y: metric.y}];
    return {...metric, series, scale: {x: metric.x.at(-1) > 100, y: Boolean(metric.log) && suggestsLog(series, 'y', 3)}};
  }), [columns]);
  if (metrics.length === 0) return html`<${Empty} title="No values yet"><p>This trial has not recorded anything.</p></${Empty}>`;
  return html`<div class="metrics">${metrics.map((metric) => html`<figure key=${metric.name}>
    <${Plot} name=${`trial.${metric.name}`} series=${metric.series} colours=${colour} log=${metric.scale} steps=${true} xLabel="step"
      yLabel=${metric.label} height=${metrics.length > 1 ? 240 : 320}
      label=${`${metric.label} over ${count(metric.y.length)} recorded steps: ${number(metric.y[0])} at first, ${number(metric.y.at(-1))} in the end`}/>
    </figure>`)}</div>`;
}

function Attempts({attempts}) {
  if (!attempts?.length) return html`<p class="muted">No worker has taken it yet.</p>`;
  return html`<div class="table-wrap"><table class="data"><thead><tr><th class="number">Attempt</th><th>Outcome</th><th>Worker</th><th>Host</th>
    <th>From</th><th class="number">Took</th><th>Numerics</th></tr></thead><tbody>${attempts.map((one) => html`<tr key=${one.attempt}>
      <td class="number">${one.attempt}</td><td>${words(one.outcome ?? '')}</td><td><${Name} of=${one.worker ?? ''}/></td><td><${Name} of=${one.host ?? ''}/></td>
      <td class="nowrap"><${Time} at=${one.start}/></td>
      <td class="number">${one.start && one.end ? duration((Date.parse(one.end) - Date.parse(one.start)) / 1000) : ''}</td>
      <td><code>${visible(one.numerics ?? '')}</code></td></tr>`)}</tbody></table></div>`;
}

function Checkpoint({checkpoint}) {
  return html`<${Facts} rows=${Object.entries(checkpoint).map(([name, value]) =>
    [words(name), name === 'bytes' ? bytes(value) : name === 'digest' ? html`<code>${visible(value)}</code>` : shown(name, value)])}/>`;
}

export function Trial({id, trial}) {
  const number_ = Number(trial);
  const version = sweepVersion(id);
  const base = `/api/sweeps/${id}/trials/${trial}`;
  const sweep = useResource(`/api/sweeps/${id}`, []);
  const answer = useResource(base, [version]);
  const last = sweep.data ? sweep.data.trials - 1 : number_;
  return html`<nav class="crumbs" aria-label="Place"><a href="/">Sweeps</a><span>/</span>
      <a href=${`/sweeps/${id}?tab=trials`}>${sweep.data ? html`<${Name} of=${sweep.data.title || sweep.data.name}/>` : `Sweep ${id}`}</a></nav>
    <div class="head"><h1>Trial ${count(number_)}</h1>${answer.data && html`<${State} of=${answer.data.state}/>`}<span class="grow"></span>
      <span class="steps-nav">${number_ > 0 && html`<a class="button small" rel="prev" href=${`/sweeps/${id}/trials/${number_ - 1}`}>← ${count(number_ - 1)}</a>`}
      ${number_ < last && html`<a class="button small" rel="next" href=${`/sweeps/${id}/trials/${number_ + 1}`}>${count(number_ + 1)} →</a>`}</span></div>
    <${Answer} of=${answer} what="Loading the trial">${(data) => html`
      ${data.error && html`<${Trouble} title="It failed" error=${{message: data.error}}/>`}
      ${data.why?.length > 0 && html`<div class="why lead"><${Story} lines=${data.why}/></div>`}
      <div class="trial-columns">
        <section class="trial-side"><h2>Parameters</h2>
          <${Facts} rows=${Object.entries(data.parameters ?? {}).map(([name, value]) => [words(name), shown(name, value)])}/>
          <h2 class="next">Result</h2>
          ${data.result ? html`<${Facts} rows=${Object.entries(data.result).filter(isNews).map(([name, value]) => [words(name), shown(name, value)])}/>`
            : html`<p class="muted">None yet.</p>`}
          ${data.checkpoint && html`<h2 class="next">Checkpoint</h2><${Checkpoint} checkpoint=${data.checkpoint}/>`}
        </section>
        <section class="trial-main"><h2>Metrics</h2><${Metrics} base=${base} version=${version}/></section>
      </div>
      <section class="section"><h2>On a terminal</h2>
        ${data.commands?.run && html`<p class="small muted label-line">Runs this trial alone, here, and compares the bits</p><${Command} text=${data.commands.run}/>`}
        ${data.commands?.explain && html`<p class="small muted label-line">Says why it is as it is</p><${Command} text=${data.commands.explain}/>`}</section>
      <section class="section"><h2>Where it ran</h2><${Attempts} attempts=${data.attempts}/></section>
      <section class="section"><h2>What happened</h2><${Events} events=${data.events}/></section>
      <details class="section"><summary>The whole spec of this trial</summary>
        <pre class="code" tabindex="0">${visible(JSON.stringify(data.spec, null, 2), {lines: true})}</pre></details>`}</${Answer}>`;
}
