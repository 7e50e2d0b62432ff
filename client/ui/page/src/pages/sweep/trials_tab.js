// The table of a sweep's trials, as long as it is.
import {count, number} from '../../lib/format.js';
import {html, useEffect, useMemo, useState} from '../../lib/html.js';
import {go, place, setQuery} from '../../lib/router.js';
import {visible} from '../../lib/visible.js';
import {writeFilter} from '../../state/filter.js';
import {TrialPages} from '../../state/trial_pages.js';
import {Empty, Name, Partial, State, Trouble, Value, Waiting} from '../../ui/parts.js';
import {Sheet, widthFor} from '../../ui/sheet.js';

const sortable = new Set(['trial', 'final_loss', 'best_loss', 'steps', 'seconds', 'state']);
const refreshPause = 2000;

function draw(column, sweep) {
  if (column.name === 'trial') {
    return (value) => html`<a href=${`/sweeps/${sweep}/trials/${value}`} tabindex="-1">${value}</a>`;
  }
  if (column.name === 'state') return (value) => html`<${State} of=${value}/>`;
  if (column.kind === 'number') return (value) => (value === null ? '' : html`<${Value} value=${value}/>`);
  return (value) => (value === null ? '' : html`<${Name} of=${value}/>`);
}

function layOut(pages, sweep) {
  const some = [];
  for (let i = 0; i < 50; ++i) {
    const row = pages.row(i);
    if (row) some.push(row);
  }
  return pages.columns.map((column, k) => {
    const label = visible(column.label);
    const texts = some.map((row) => (column.kind === 'number' ? number(row[k]) : String(row[k] ?? '')));
    // Numbers grow as one scrolls, and states have a mark.
    if (column.name === 'trial') texts.push(String(sweep.trials));
    if (column.name === 'state') texts.push('● succeeded');
    return {name: column.name, label, number: column.kind === 'number', sort: sortable.has(column.name),
      width: widthFor(label, texts), draw: draw(column, sweep.id)};
  });
}

export function TrialsTab({sweep, filter, version}) {
  const sort = place.value.query.get('order') ?? 'trial';
  const from = place.value.query.get('at');
  const where = writeFilter(filter);
  const key = JSON.stringify([sweep.id, sort, where, from, sweep.trials]);
  const pages = useMemo(() => {
    const query = {sort: sort.replace(/^-/, ''), order: sort.startsWith('-') ? 'desc' : 'asc', where};
    return new TrialPages(`/api/sweeps/${sweep.id}/trials`, query, sweep.trials, from);
  }, [key]);
  useEffect(() => () => pages.end(), [pages]);
  useEffect(() => {
    let timer = 0;
    let first = true;
    const end = version.subscribe(() => {
      if (!first && !timer) {
        timer = setTimeout(() => {
          timer = 0;
          pages.refresh();
        }, refreshPause);
      }
      first = false;
    });
    return () => {
      end();
      clearTimeout(timer);
    };
  }, [pages, version]);
  const [jump, setJump] = useState(null);
  const seen = pages.version.value; // Draws again when rows have come.
  const columns = useMemo(() => (pages.columns ? layOut(pages, sweep) : null), [pages, pages.columns]);
  if (!columns) {
    return pages.error ? html`<${Trouble} error=${pages.error} retry=${() => pages.load(0)}/>` : html`<${Waiting} what="Loading the trials"/>`;
  }
  const toTrial = (event) => {
    event.preventDefault();
    const wanted = Number(new FormData(event.target).get('trial'));
    if (!Number.isInteger(wanted) || wanted < 0 || wanted >= sweep.trials) return;
    if (pages.byNumber) setJump({row: sort.startsWith('-') ? sweep.trials - 1 - wanted : wanted});
    else setQuery({at: wanted, order: null});
  };
  // A new object for each state of the pages, so that the table looks again.
  const source = {count: pages.count, row: (i) => pages.row(i), want: (first, last) => pages.want(first, last), seen};
  return html`<div class="bar trials-bar">
      <span class="muted small numbers" role="status">${summary(pages, sweep, filter)}</span><span class="grow"></span>
      ${from !== null && html`<button class="button small quiet" onClick=${() => setQuery({at: null})}>From the first one on</button>`}
      <form onSubmit=${toTrial} class="labelled"><label for="to-trial">Go to trial</label>
        <input id="to-trial" name="trial" class="field short" inputmode="numeric" pattern="[0-9]*" autocomplete="off"/></form>
    </div>
    <${Partial} done=${pages.done} what="of the trials looked at"/>
    ${pages.error && html`<${Trouble} error=${pages.error} retry=${() => pages.refresh()}/>`}
    ${pages.count === 0
      ? html`<${Empty} title=${filter.length ? 'No trial passes the filter' : 'No trial has begun yet'}>
          <p>${filter.length ? 'Take something out of the filter above.' : 'Trials appear here as workers take them.'}</p></${Empty}>`
      : html`<${Sheet} columns=${columns} source=${source} label="Trials" jump=${jump} sort=${sort}
          onSort=${(next) => setQuery({order: next === 'trial' ? null : next, at: null})}
          open=${(row) => go(`/sweeps/${sweep.id}/trials/${row[pages.columns.findIndex(({name}) => name === 'trial')]}`)}/>`}`;
}

function summary(pages, sweep, filter) {
  if (pages.byNumber) return `${count(sweep.trials)} trials`;
  if (pages.total !== null && pages.total !== undefined) {
    return `${pages.isBound ? 'more than ' : ''}${count(pages.total)} ${filter.length ? `of ${count(sweep.trials)} trials` : 'trials'}`;
  }
  return pages.isWhole ? `${count(pages.count)} trials` : `the first ${count(pages.count)} trials`;
}
