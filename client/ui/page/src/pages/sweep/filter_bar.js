// What is shown of a sweep: conditions on axes, states and results, in the address
// and for all tabs at once.
import {axisValue, number} from '../../lib/format.js';
import {html, useState} from '../../lib/html.js';
import {setQuery} from '../../lib/router.js';
import {visible} from '../../lib/visible.js';
import {conditionOn, toggled, withRange, without, writeFilter} from '../../state/filter.js';
import {Popover} from '../../ui/popover.js';

const states = ['succeeded', 'diverged', 'stopped', 'failed', 'cancelled', 'leased'];
const resultColumns = [
  {name: 'final_loss', label: 'final loss', kind: 'number', values: []},
  {name: 'best_loss', label: 'best loss', kind: 'number', values: []},
  {name: 'steps', label: 'steps', kind: 'number', values: []},
];
const fewAxes = 6;
const mostShown = 100; // Values in one list; the search finds the others.

export const setFilter = (filter) => setQuery({where: writeFilter(filter), at: null}, {replace: false});

// Returns what a condition says, for its chip.
export function words(condition, axis) {
  if (condition.values) {
    const shown = condition.values.slice(0, 3).map((text) => shownValue(text, axis));
    const more = condition.values.length - shown.length;
    return shown.join(', ') + (more > 0 ? ` and ${more} more` : '');
  }
  const {low, high} = condition;
  if (!Number.isFinite(low)) return `≤ ${number(high)}`;
  if (!Number.isFinite(high)) return `≥ ${number(low)}`;
  return `${number(low)} to ${number(high)}`;
}

function shownValue(text, axis) {
  if (axis.name === 'state') return text === 'leased' ? 'running' : text;
  return axis.kind === 'number' && text !== '' && !Number.isNaN(Number(text)) ? axisValue(Number(text)) : visible(text);
}

function Values({axis, filter}) {
  const [search, setSearch] = useState('');
  const chosen = conditionOn(filter, axis.name)?.values ?? [];
  const found = axis.values.filter((value) => String(value).includes(search) || shownValue(String(value), axis).includes(search));
  const rest = (axis.count ?? found.length) - axis.values.length;
  return html`${axis.values.length > 12 && html`<input class="field wide" type="search" placeholder="Search values" aria-label="Search values"
      value=${search} onInput=${(event) => setSearch(event.target.value)}/>`}
    <div class="choices">${found.slice(0, mostShown).map((value) => html`<label key=${value}>
      <input type="checkbox" checked=${chosen.includes(String(value))} onChange=${() => setFilter(toggled(filter, axis.name, value))}/>
      <bdi title=${String(value)}>${shownValue(String(value), axis)}</bdi></label>`)}</div>
    ${(found.length > mostShown || rest > 0) && html`<p class="small muted">More than are shown: search, or give a range.</p>`}`;
}

function Range({axis, filter}) {
  const condition = conditionOn(filter, axis.name);
  const side = (value) => (value !== undefined && Number.isFinite(value) ? String(value) : '');
  const set = (event) => {
    event.preventDefault();
    const data = new FormData(event.currentTarget.form ?? event.currentTarget);
    const read = (name, open) => {
      const text = String(data.get(name)).trim();
      return text === '' || Number.isNaN(Number(text)) ? open : Number(text);
    };
    setFilter(withRange(filter, axis.name, read('low', -Infinity), read('high', Infinity)));
  };
  return html`<form class="range" onSubmit=${set}>
    <input class="field" name="low" inputmode="decimal" placeholder="from" aria-label="from" value=${side(condition?.low)} onChange=${set}/>
    <span class="muted">to</span>
    <input class="field" name="high" inputmode="decimal" placeholder="to" aria-label="to" value=${side(condition?.high)} onChange=${set}/>
    <button class="out-of-sight">Set</button>
  </form>`;
}

function Chip({axis, filter}) {
  const condition = conditionOn(filter, axis.name);
  const label = visible(axis.label);
  return html`<span class="chip-box">
    <${Popover} className=${`chip${condition ? ' on' : ''}`} title=${`Filter by ${label}`}
      label=${html`<span>${label}${condition ? html`: <b>${words(condition, axis)}</b>` : ''}</span><span aria-hidden="true">▾</span>`}>
      ${() => html`<h3>${label}</h3>
        ${axis.kind === 'number' && html`<${Range} axis=${axis} filter=${filter}/>`}
        ${axis.values.length > 0 && html`<${Values} axis=${axis} filter=${filter}/>`}
        ${condition && html`<button class="button small quiet" onClick=${() => setFilter(without(filter, axis.name))}>Take it out</button>`}`}
    </${Popover}></span>`;
}

export function FilterBar({sweep, filter}) {
  const stateAxis = {name: 'state', label: 'state', kind: 'word', values: states};
  const axes = [...sweep.axes, stateAxis];
  const others = [...axes.slice(fewAxes), ...resultColumns].filter(({name}) => !conditionOn(filter, name));
  const first = axes.slice(0, fewAxes);
  const known = [...axes, ...resultColumns];
  const active = known.filter(({name}) => conditionOn(filter, name) && !first.some((axis) => axis.name === name));
  // A condition that an old link has on something that is no axis of this sweep.
  const strange = filter.filter(({axis}) => !known.some(({name}) => name === axis));
  return html`<div class="chips filter-bar" role="group" aria-label="Filter">
    ${[...first, ...active].map((axis) => html`<${Chip} key=${axis.name} axis=${axis} filter=${filter}/>`)}
    ${strange.map((condition) => html`<button key=${condition.axis} class="chip on" title="This sweep has no such axis"
      onClick=${() => setFilter(without(filter, condition.axis))}>${visible(condition.axis)}: ${words(condition, {})} ✕</button>`)}
    <${Popover} className="chip" label=${html`<span>More</span><span aria-hidden="true">▾</span>`}>
      ${() => html`<h3>Filter by</h3>${others.map((axis) => html`<details key=${axis.name}><summary>${visible(axis.label)}</summary>
        ${axis.kind === 'number' && html`<${Range} axis=${axis} filter=${filter}/>`}
        ${axis.values.length > 0 && html`<${Values} axis=${axis} filter=${filter}/>`}</details>`)}`}
    </${Popover}>
    ${filter.length > 0 && html`<button class="button small quiet" onClick=${() => setFilter([])}>Show all</button>`}
  </div>`;
}
