// Who works, how much, and how well.
import {post} from '../lib/api.js';
import {count, duration, percent, short} from '../lib/format.js';
import {html, useState} from '../lib/html.js';
import {workersVersion} from '../lib/live.js';
import {useResource} from '../lib/resource.js';
import {place} from '../lib/router.js';
import {caller} from '../lib/session.js';
import {visible} from '../lib/visible.js';
import {Confirm} from '../ui/dialog.js';
import {Answer, Empty, Figures, Name, Time} from '../ui/parts.js';
import {SortHead, rowKeys, sorted} from '../ui/table.js';

// A worker that says nothing for this long is worth a word.
const longSilence = 15;

const columns = [
  {name: 'name', label: 'Worker', of: (worker) => worker.name},
  {name: 'host', label: 'Host', of: (worker) => worker.host},
  {name: 'state', label: 'State', of: (worker) => (worker.connected ? (worker.draining ? 1 : 0) : 2)},
  {name: 'slots', label: 'Slots', number: true, of: (worker) => worker.slots},
  {name: 'leased', label: 'Trials now', number: true, of: (worker) => worker.leased},
  {name: 'rate', label: 'Trials/s', number: true, of: (worker) => worker.rate},
  {name: 'busy', label: 'Busy', number: true, title: 'Share of the time in which slots compute', of: (worker) => worker.busy},
  {name: 'peak', label: 'Of peak', number: true, title: 'Arithmetic, as a share of what the machine can do', of: (worker) => worker.peak_share},
  {name: 'finished', label: 'Finished', number: true, of: (worker) => worker.finished},
  {name: 'silence', label: 'Last heard', number: true, of: (worker) => worker.silence_s},
  {name: 'started', label: 'Started', of: (worker) => Date.parse(worker.started)},
];

function Condition({worker}) {
  const [mark, word, colour] = !worker.connected ? ['✕', 'lost', 'diverged'] : worker.draining ? ['‖', 'draining', 'stopped']
    : worker.leased > 0 ? ['●', 'working', 'succeeded'] : ['○', 'waiting', 'pending'];
  return html`<span class="state"><span aria-hidden="true" style=${{color: `var(--state-${colour})`}}>${mark}</span><span>${word}</span></span>`;
}

function Share({of}) {
  if (of === null || of === undefined) return html`<span class="muted">–</span>`;
  return html`<span class="share" title=${percent(of)}><span class="share-bar" aria-hidden="true"><span style=${{width: `${100 * Math.min(1, of)}%`}}></span></span>${percent(of)}</span>`;
}

function Row({worker, drain}) {
  return html`<tr tabindex="-1" onKeyDown=${rowKeys(null)}>
    <td class="name-cell"><${Name} of=${worker.name}/>
      ${worker.declined?.length > 0 && html`<details class="small declined"><summary>declined ${worker.declined.length === 1 ? 'a sweep' : `${worker.declined.length} sweeps`}</summary>
        ${worker.declined.map((one, i) => html`<p key=${i}><a href=${`/sweeps/${one.sweep}`}>Sweep ${one.sweep}</a>: ${visible(one.reason)}</p>`)}</details>`}</td>
    <td><${Name} of=${worker.host}/><div class="small muted"><code>${visible(worker.numerics ?? '')}</code></div></td>
    <td><${Condition} worker=${worker}/></td>
    <td class="number">${count(worker.slots)}</td>
    <td class="number">${count(worker.leased)}</td>
    <td class="number">${short(worker.rate)}</td>
    <td class="number"><${Share} of=${worker.busy}/></td>
    <td class="number"><${Share} of=${worker.peak_share}/></td>
    <td class="number">${count(worker.finished)}</td>
    <td class="number">${worker.connected && worker.silence_s < longSilence ? duration(worker.silence_s)
    : html`<b class="late">${duration(worker.silence_s)}</b>`}</td>
    <td class="nowrap"><${Time} at=${worker.started}/></td>
    ${drain && html`<td>${worker.connected && !worker.draining && html`<button class="button small quiet" onClick=${() => drain(worker)}>Drain</button>`}</td>`}
  </tr>`;
}

// Sums of what is known; null where nothing is.
function sum(workers, field) {
  const known = workers.map((worker) => worker[field]).filter((value) => value !== null && value !== undefined);
  return known.length > 0 ? known.reduce((total, value) => total + value, 0) : null;
}

export function Workers() {
  const answer = useResource('/api/workers', [workersVersion]);
  const sort = place.value.query.get('sort') ?? 'name';
  const [asked, ask] = useState(null);
  const drain = caller.value?.may_change ? ask : null;
  return html`<div class="head"><h1>Workers</h1></div>
    <${Answer} of=${answer} what="Loading the workers">${({workers, note}) => {
      const here = workers.filter(({connected}) => connected);
      if (workers.length === 0) {
        return html`<${Empty} title="No workers"><p>${visible(note) || 'None has connected to this coordinator. A machine joins by itself:'}</p>
          ${!note && caller.value?.source?.kind === 'server' && html`<p><code>${visible(`fathom-worker --server ${caller.value.source.name}`)}</code></p>`}</${Empty}>`;
      }
      return html`<${Figures} rows=${[
        ['Connected', here.length === workers.length ? count(here.length) : `${count(here.length)} of ${count(workers.length)}`],
        ['Slots', count(sum(here, 'slots'))], ['Trials now', count(sum(here, 'leased'))],
        sum(here, 'rate') !== null && ['Trials/s', short(sum(here, 'rate'))]]}/>
        ${note && html`<p class="muted">${visible(note)}</p>`}
        <div class="table-wrap spaced"><table class="data workers"><thead><tr>${columns.map((column) => html`<${SortHead} key=${column.name} column=${column} sort=${sort}/>`)}
          ${drain && html`<th><span class="out-of-sight">Actions</span></th>`}</tr></thead>
          <tbody>${sorted(workers, columns, sort).map((worker) => html`<${Row} key=${worker.session} worker=${worker} drain=${drain}/>`)}</tbody></table></div>`;
    }}</${Answer}>
    ${asked && html`<${Confirm} title=${`Drain ${visible(asked.name)}?`} verb="Drain" close=${() => ask(null)}
      text="It finishes the trials that it has and takes no more. Then the worker ends."
      act=${async () => {
        await post(`/api/workers/${asked.session}/drain`, {confirm: asked.name});
        ++workersVersion.value;
      }}/>`}`;
}
