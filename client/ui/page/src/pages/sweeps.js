// All sweeps, newest first, a page of them at a time.
import {address, get} from '../lib/api.js';
import {count, duration, percent, short} from '../lib/format.js';
import {html, useEffect, useMemo, useRef, useState} from '../lib/html.js';
import {sweepsVersion} from '../lib/live.js';
import {useResource} from '../lib/resource.js';
import {go, place, setQuery} from '../lib/router.js';
import {caller} from '../lib/session.js';
import {visible} from '../lib/visible.js';
import {sweepState} from '../state/states.js';
import {Empty, Name, Partial, Progress, State, Time, Trouble, Waiting} from '../ui/parts.js';
import {SortHead, rowKeys, sorted} from '../ui/table.js';

const pageSize = 200;

const columns = [
  {name: 'id', label: 'Sweep', number: true, of: (sweep) => sweep.id},
  {name: 'name', label: 'Name', of: (sweep) => sweep.title || sweep.name},
  {name: 'state', label: 'State', of: sweepState},
  {name: 'progress', label: 'Progress', of: (sweep) => sweep.fraction},
  {name: 'trials', label: 'Trials', number: true, of: (sweep) => sweep.trials},
  {name: 'rate', label: 'Trials/s', number: true, of: (sweep) => sweep.rate ?? -1},
  {name: 'eta', label: 'Left', number: true, of: (sweep) => sweep.eta_s ?? Infinity},
  {name: 'owner', label: 'Owner', of: (sweep) => sweep.owner},
  {name: 'created', label: 'Created', of: (sweep) => Date.parse(sweep.created)},
];

function left(sweep) {
  if (sweep.state !== 'running') return '';
  if (sweep.paused) return 'paused';
  return sweep.eta_s === null ? '' : duration(sweep.eta_s);
}

function Row({sweep, owners}) {
  const open = () => go(`/sweeps/${sweep.id}`);
  const {diverged = 0, failed = 0} = sweep.counts ?? {};
  return html`<tr tabindex="-1" onKeyDown=${rowKeys(open)}>
    <td class="number muted">${sweep.id}</td>
    <td class="name-cell"><a href=${`/sweeps/${sweep.id}`}><${Name} of=${sweep.title || sweep.name}/></a>
      ${sweep.title && sweep.title !== sweep.name && html`<div class="small muted"><${Name} of=${sweep.name}/></div>`}
      ${sweep.unreadable && html`<div class="small muted">${visible(sweep.unreadable)}</div>`}</td>
    <td><${State} of=${sweepState(sweep)}/></td>
    <td class="progress-cell"><${Progress} sweep=${sweep}/>
      <div class="small muted numbers">${percent(sweep.fraction)}${diverged > 0 ? `, ${count(diverged)} diverged` : ''}${
        failed > 0 ? `, ${count(failed)} failed` : ''}</div></td>
    <td class="number">${count(sweep.trials)}</td>
    <td class="number">${sweep.state === 'running' && sweep.rate !== null ? short(sweep.rate) : ''}</td>
    <td class="number">${left(sweep)}</td>
    ${owners && html`<td><${Name} of=${sweep.owner}/></td>`}
    <td class="nowrap"><${Time} at=${sweep.created}/></td>
  </tr>`;
}

// The pages behind the first, which is the one that is kept up to date.
function useMore(path, next) {
  const [more, setMore] = useState({path, sweeps: [], next: null, loaded: false, error: null, busy: false});
  const mine = more.path === path ? more : {path, sweeps: [], next: null, loaded: false, error: null, busy: false};
  const cursor = mine.loaded ? mine.next : next;
  const load = async () => {
    setMore({...mine, busy: true, error: null});
    try {
      const {data} = await get(`${path}&after=${encodeURIComponent(cursor)}`);
      setMore({...mine, sweeps: [...mine.sweeps, ...data.sweeps], next: data.next, loaded: true, busy: false, error: null});
    } catch (error) {
      setMore({...mine, busy: false, error});
    }
  };
  return {...mine, load: cursor === null || cursor === undefined ? null : load};
}

// Returns the sweeps of all pages. What new sweeps have pushed out of the first page
// is on none of the others, so it is kept.
function together(seen, path, first, more) {
  if (seen.current.path !== path) seen.current = {path, sweeps: new Map()};
  const {sweeps} = seen.current;
  for (const sweep of [...more, ...(first?.sweeps ?? [])]) sweeps.set(sweep.id, sweep);
  const newest = first?.sweeps ?? [];
  if (!first?.next) return newest;
  const least = Math.min(...newest.map(({id}) => id));
  return [...newest, ...[...sweeps.values()].filter(({id}) => id < least).sort((a, b) => b.id - a.id)];
}

export function Sweeps() {
  const {query} = place.value;
  const state = query.get('state') ?? '';
  const name = query.get('name') ?? '';
  const sort = query.get('sort') ?? '-id';
  const path = address('/api/sweeps', {limit: pageSize, state, name});
  const answer = useResource(path, [sweepsVersion]);
  const more = useMore(path, answer.data?.next);
  const [typed, type] = useState(name);
  useEffect(() => {
    const timer = setTimeout(() => typed !== name && setQuery({name: typed}), 250);
    return () => clearTimeout(timer);
  }, [typed]);
  const seen = useRef({path, sweeps: new Map()});
  const all = useMemo(() => together(seen, path, answer.data, more.sweeps), [path, answer.data, more.sweeps]);
  const rows = sorted(all, columns, sort);
  const owners = all.some((sweep) => sweep.owner);
  const shown = columns.filter((column) => column.name !== 'owner' || owners);
  return html`<div class="head"><h1>Sweeps</h1>
      ${answer.data && html`<span class="muted">${count(all.length)}${more.load ? ' newest' : ''}</span>`}</div>
    <div class="bar" role="search">
      <input class="field" type="search" data-search placeholder="Search names" aria-label="Search names" value=${typed}
        onInput=${(event) => type(event.target.value)}/>
      <select class="field" aria-label="State" value=${state} onChange=${(event) => setQuery({state: event.target.value})}>
        <option value="">All states</option><option value="running">Running</option>
        <option value="completed">Completed</option><option value="cancelled">Cancelled</option>
      </select>
    </div>
    ${answer.error && html`<${Trouble} error=${answer.error} retry=${answer.retry}/>`}
    ${answer.data === null && !answer.error && html`<${Waiting} what="Loading the sweeps"/>`}
    ${answer.data && rows.length === 0 && (name || state
      ? html`<${Empty} title="No sweep is like that"><p><a href="/">Show all sweeps</a></p></${Empty}>`
      : html`<${NoSweeps}/>`)}
    ${rows.length > 0 && html`<div class="table-wrap" aria-busy=${answer.old}><table class="data sweeps">
      <thead><tr>${shown.map((column) => html`<${SortHead} key=${column.name} column=${column} sort=${sort}/>`)}</tr></thead>
      <tbody>${rows.map((sweep) => html`<${Row} key=${sweep.id} sweep=${sweep} owners=${owners}/>`)}</tbody>
    </table></div>`}
    <${Partial} done=${answer.data?.done}/>
    ${more.error && html`<${Trouble} error=${more.error}/>`}
    ${more.load && html`<p class="more"><button class="button" disabled=${more.busy} onClick=${more.load}>${
      more.busy ? 'Loading' : 'Show older ones'}</button></p>`}`;
}

function NoSweeps() {
  const file = caller.value?.source?.kind === 'file';
  const where = file ? ` --db ${caller.value.source.name}` : '';
  return html`<${Empty} title="No sweeps yet">
    <p>Start one, and it appears here by itself:</p><p><code>${visible(`fathom run quickstart${where}`)}</code></p></${Empty}>`;
}
