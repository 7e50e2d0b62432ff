// What tables of plain rows share: sorting by heads, arrows along rows.
import {html} from '../lib/html.js';
import {setQuery} from '../lib/router.js';

// Returns the rows in the order that `sort` says: a column's name, with '-' before
// it from the largest on. Rows of equal values keep their order.
export function sorted(rows, columns, sort) {
  const down = sort.startsWith('-');
  const column = columns.find(({name}) => name === sort.replace(/^-/, ''));
  if (!column) return rows;
  const compare = (a, b) => {
    const x = column.of(a);
    const y = column.of(b);
    // What has no value comes last, in both directions.
    if (x === null || x === undefined || y === null || y === undefined) {
      return (x === null || x === undefined) - (y === null || y === undefined);
    }
    const order = typeof x === 'string' ? x.localeCompare(y, undefined, {numeric: true}) : x - y;
    return down ? -order : order;
  };
  return [...rows].sort(compare);
}

export function SortHead({column, sort, parameter = 'sort'}) {
  const at = sort.replace(/^-/, '') === column.name;
  const down = at && sort.startsWith('-');
  const next = at && !down ? `-${column.name}` : column.name;
  return html`<th scope="col" class=${column.number ? 'number' : ''} aria-sort=${at ? (down ? 'descending' : 'ascending') : undefined}>
    <button type="button" class="sort" title=${column.title} onClick=${() => setQuery({[parameter]: next})}>${column.label}${
      at ? (down ? ' ↓' : ' ↑') : ''}</button></th>`;
}

// Returns a handler for keys on a row: arrows go to its neighbours, Enter opens it.
export function rowKeys(open) {
  return (event) => {
    const row = event.currentTarget;
    if (event.key === 'Enter' && event.target === row) open?.();
    const to = {ArrowDown: 'nextElementSibling', ArrowUp: 'previousElementSibling'}[event.key];
    if (!to) return;
    const other = row[to];
    if (!other) return;
    event.preventDefault();
    (other.querySelector('a, button') ?? other).focus();
  };
}
