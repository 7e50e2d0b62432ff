// Two sweeps, or two groups of one, with what lies between them.
import {address} from '../lib/api.js';
import {count, number} from '../lib/format.js';
import {html, useMemo} from '../lib/html.js';
import {sweepVersion, sweepsVersion} from '../lib/live.js';
import {useResource} from '../lib/resource.js';
import {place, setQuery} from '../lib/router.js';
import {visible} from '../lib/visible.js';
import {Answer, Empty, Partial, Trouble, Value} from '../ui/parts.js';

function Pick({label, name, value, sweeps, chosen}) {
  return html`<label class="labelled"><span>${label}</span><select class="field" value=${value ?? ''}
      onChange=${(event) => setQuery({[name]: event.target.value, [`${name}_where`]: null})}>
    <option value="">Choose a sweep</option>
    ${value && !sweeps.some(({id}) => String(id) === value) && html`<option value=${value} selected>${visible(value)}${chosen ? `: ${visible(chosen.title || chosen.name)}` : ''}</option>`}
    ${sweeps.map((sweep) => html`<option key=${sweep.id} value=${sweep.id} selected=${String(sweep.id) === value}>${sweep.id}: ${visible(sweep.title || sweep.name)}</option>`)}
  </select></label>`;
}

// Groups of one sweep are set side by side for each value of the other axes that
// its summary goes by: the two sides differ in the one that was chosen.
function groupedBy(sweep, wheres) {
  const chosen = wheres.map((where) => where.slice(0, where.indexOf(':')));
  const by = (sweep?.spec?.summarize?.by ?? []).map((field) => field.split('.').at(-1));
  return by.filter((axis) => !chosen.includes(axis));
}

// One value of one axis, for one side of the comparison of two groups.
function PickGroup({side, sweep, value}) {
  const options = sweep.axes.filter(({values}) => values.length > 1 && values.length <= 200)
    .flatMap((axis) => axis.values.map((one) => [`${axis.name}:${encodeURIComponent(one)}`, `${visible(axis.label)} ${visible(one)}`]));
  return html`<label class="labelled"><span>only</span><select class="field" value=${value ?? ''}
      onChange=${(event) => setQuery({[`${side}_where`]: event.target.value})}><option value="">all of its trials</option>
    ${value && !options.some(([option]) => option === value) && html`<option value=${value} selected>${visible(value)}</option>`}
    ${options.map(([option, text]) => html`<option key=${option} value=${option} selected=${option === value}>${text}</option>`)}</select></label>`;
}

function Mean({of}) {
  if (!of || of.mean === null || of.mean === undefined) return html`<span class="muted">–</span>`;
  return html`<${Value} value=${of.mean}/>${of.sem ? html` <span class="muted">± ${number(of.sem, 2)}</span>` : ''}
    <span class="small muted"> of ${count(of.n)}</span>`;
}

function Interval({of, one}) {
  if (!of || of.value === null || of.value === undefined) return html`<span class="muted">–</span>`;
  // An interval that leaves out "no difference" is one to look at.
  const clear = of.low !== null && of.high !== null && (of.low > one || of.high < one);
  return html`<span class=${clear ? 'clear' : ''}><${Value} value=${of.value}/></span>
    ${of.low !== null && of.low !== undefined && html`<div class="small muted nowrap">${number(of.low, 3)} to ${number(of.high, 3)}</div>`}`;
}

// Ratios on a log scale around 1, as dots with whiskers.
function Ratio({of, most}) {
  if (!of || !(of.value > 0)) return null;
  const at = (value) => `${50 + 50 * Math.max(-1, Math.min(1, Math.log(value) / most))}%`;
  const low = of.low > 0 ? of.low : of.value;
  const high = of.high > 0 ? of.high : of.value;
  return html`<div class="whisker" aria-hidden="true"><span class="whisker-one"></span>
    <span class="whisker-line" style=${{left: at(low), right: `calc(100% - ${at(high)})`}}></span><span class="whisker-dot" style=${{left: at(of.value)}}></span></div>`;
}

function Table({data, names}) {
  const most = useMemo(() => Math.max(Math.log(1.5), ...data.rows.flatMap(({ratio}) => [ratio?.low, ratio?.value, ratio?.high])
    .filter((value) => typeof value === 'number' && value > 0).map((value) => Math.abs(Math.log(value)))) * 1.05, [data]);
  return html`<div class="table-wrap"><table class="data compare"><thead><tr><th>Group</th><th class="number">${names[0]}</th><th class="number">${names[1]}</th>
      <th class="number">Difference</th><th class="number">Ratio</th><th class="whisker-head"><span>smaller</span><span>1</span><span>larger</span></th></tr></thead>
    <tbody>${data.rows.map((row, i) => html`<tr key=${i}><th scope="row">${visible(row.label)}</th>
      <td class="number"><${Mean} of=${row.a}/></td><td class="number"><${Mean} of=${row.b}/></td>
      <td class="number"><${Interval} of=${row.difference} one=${0}/></td><td class="number"><${Interval} of=${row.ratio} one=${1}/></td>
      <td><${Ratio} of=${row.ratio} most=${most}/></td></tr>`)}</tbody></table></div>
    <p class="small muted">Second against first; 95 % intervals below the values. In colour: the interval leaves out that there is no difference.</p>
    ${data.notes?.map((note, i) => html`<p key=${i} class="small muted">${visible(note)}</p>`)}`;
}

export function Compare() {
  const {query} = place.value;
  const [a, b] = [query.get('a'), query.get('b')];
  const groups = a !== null && a === b;
  const sweeps = useResource('/api/sweeps?limit=200', [sweepsVersion]);
  const first = useResource(a ? `/api/sweeps/${encodeURIComponent(a)}` : null);
  const second = useResource(b ? `/api/sweeps/${encodeURIComponent(b)}` : null);
  const ask = {a, b, metric: query.get('metric'), over: query.getAll('over'), average: query.get('average'),
    a_where: query.get('a_where'), b_where: query.get('b_where')};
  const ready = a && b && (!groups || (ask.a_where && ask.b_where));
  if (groups && ready && first.data) ask.by = groupedBy(first.data, [ask.a_where, ask.b_where]);
  const answer = useResource(ready && (!groups || first.data) ? address('/api/compare', ask) : null, [sweepVersion(a ?? ''), sweepVersion(b ?? '')]);
  const list = sweeps.data?.sweeps ?? [];
  const metrics = first.data?.metrics ?? [];
  const nameOf = (sweep, id, where) => (where ? visible(decodeURIComponent(where)).replace(':', ' ') : sweep.data ? visible(sweep.data.title || sweep.data.name) : `Sweep ${visible(id)}`);
  return html`<div class="head"><h1>Compare</h1></div>
    ${sweeps.error && html`<${Trouble} error=${sweeps.error} retry=${sweeps.retry}/>`}
    <div class="bar compare-bar">
      <${Pick} label="First" name="a" value=${a} sweeps=${list} chosen=${first.data}/>${first.data && html`<${PickGroup} side="a" sweep=${first.data} value=${ask.a_where}/>`}</div>
    <div class="bar compare-bar"><${Pick} label="Second" name="b" value=${b} sweeps=${list} chosen=${second.data}/>${second.data && html`<${PickGroup} side="b" sweep=${second.data} value=${ask.b_where}/>`}
    </div>
    ${metrics.length > 1 && html`<div class="bar"><label class="labelled"><span>Metric</span><select class="field" value=${ask.metric ?? metrics[0].name}
      onChange=${(event) => setQuery({metric: event.target.value})}>${metrics.map(({name, label}) => html`<option key=${name} value=${name} selected=${name === ask.metric}>${visible(label)}</option>`)}</select></label></div>`}
    ${!a || !b ? html`<${Empty} title="Two sweeps, side by side"><p>Or twice the same, with a value of an axis on either side: its groups.</p></${Empty}>`
      : !ready ? html`<${Empty} title="Which groups?"><p>Both sides are the same sweep: choose what each is to hold.</p></${Empty}>`
        : html`<${Answer} of=${answer} what="Comparing">${(data) => html`<${Partial} done=${data.done}/>
          ${data.rows.length === 0 ? html`<${Empty} title="Nothing to compare yet">${data.notes?.map((note, i) => html`<p key=${i}>${visible(note)}</p>`)}</${Empty}>`
            : html`<${Table} data=${data} names=${[nameOf(first, a, groups && ask.a_where), nameOf(second, b, groups && ask.b_where)]}/>`}`}</${Answer}>`}`;
}
