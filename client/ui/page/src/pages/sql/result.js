// The rows of a query, as a table and as a plot.
import {groupColours} from '../../charts/palette.js';
import {count, duration} from '../../lib/format.js';
import {html, useMemo} from '../../lib/html.js';
import {place, setQuery, withQuery} from '../../lib/router.js';
import {theme} from '../../lib/theme.js';
import {visible} from '../../lib/visible.js';
import {Empty, Name, Value} from '../../ui/parts.js';
import {Plot} from '../../ui/plot.js';
import {suggestsLog} from '../../ui/plot_model.js';
import {Sheet, widthFor} from '../../ui/sheet.js';
import {cellText, columnsOf, guess, seriesOf} from './result_model.js';

function Table({result, columns}) {
  const sheet = useMemo(() => columns.map((column, k) => {
    const label = visible(column.name);
    const texts = result.rows.slice(0, 60).map((row) => cellText(row[k]));
    return {name: k, label, number: column.number, width: widthFor(label, texts),
      draw: (value) => (value === null ? html`<span class="muted">null</span>` : column.number ? html`<${Value} value=${value} digits=${6}/>` : html`<${Name} of=${value}/>`)};
  }), [result, columns]);
  const source = useMemo(() => ({count: result.rows.length, row: (i) => result.rows[i], want: () => {}}), [result]);
  return html`<${Sheet} columns=${sheet} source=${source} label="Rows of the query"/>`;
}

function Select({label, name, value, options}) {
  return html`<label class="labelled"><span>${label}</span><select class="field" value=${value} onChange=${(event) => setQuery({[name]: event.target.value})}>
    ${options.map(([option, text]) => html`<option key=${option} value=${option} selected=${option === value}>${visible(text)}</option>`)}</select></label>`;
}

function Picture({result, columns}) {
  const {query} = place.value;
  const first = useMemo(() => guess(columns), [columns]);
  const has = (name) => columns.some((column) => column.name === name);
  const numbers = columns.filter((column) => column.number).map(({name}) => [name, name]);
  const choice = {
    x: has(query.get('x')) ? query.get('x') : first?.x ?? numbers[0]?.[0],
    y: has(query.get('y')) ? query.get('y') : first?.y ?? numbers.at(-1)?.[0],
    colour: query.get('colour') === 'none' ? '' : has(query.get('colour')) ? query.get('colour') : first?.colour ?? '',
  };
  const kind = query.get('kind') === 'line' ? 'line' : 'points';
  const made = useMemo(() => seriesOf(result, choice, {sorted: kind === 'line'}), [result, choice.x, choice.y, choice.colour, kind]);
  const logOf = (axis) => (query.get(`${axis}log`) ?? (suggestsLog(made.series, axis) ? '1' : '0')) === '1';
  const log = {x: logOf('x'), y: logOf('y')};
  const colours = useMemo(() => groupColours(made.series.length, {theme: theme.value, ordered: made.ordered}), [made, theme.value]);
  if (numbers.length === 0) return html`<${Empty} title="Nothing to plot"><p>No column of this result has only numbers.</p></${Empty}>`;
  const scale = (axis) => html`<label class="check"><input type="checkbox" checked=${log[axis]}
    onChange=${(event) => setQuery({[`${axis}log`]: event.target.checked ? '1' : '0'})}/>log ${axis}</label>`;
  const points = made.series.reduce((sum, one) => sum + one.x.length, 0);
  return html`<div class="bar">
      <${Select} label="x" name="x" value=${choice.x} options=${numbers}/><${Select} label="y" name="y" value=${choice.y} options=${numbers}/>
      <${Select} label="Colour" name="colour" value=${choice.colour || 'none'} options=${[['none', 'one for all'], ...columns.map(({name}) => [name, name])]}/>
      <${Select} label="As" name="kind" value=${kind} options=${[['points', 'points'], ['line', 'lines']]}/>${scale('x')}${scale('y')}</div>
    <${Plot} name="sql" series=${made.series} colours=${colours} kind=${kind} log=${log} xLabel=${choice.x} yLabel=${choice.y} height=${420}
      label=${`${visible(choice.y)} over ${visible(choice.x)}: ${count(points)} points${made.series.length > 1 ? ` in ${made.series.length} groups` : ''}`}/>
    ${made.series.length > 1 && html`<ul class="legend" aria-label=${choice.colour}><li class="muted">${visible(choice.colour)}</li>${made.series.map((one, i) => html`<li key=${i}>
      <span class="swatch" style=${{background: colours[i]}}></span><${Name} of=${one.label}/></li>`)}</ul>`}
    ${made.rest > 0 && html`<p class="small muted">${count(made.rest)} rows have other values of ${visible(choice.colour)} and are not drawn.</p>`}`;
}

export function Result({result, downloads}) {
  const columns = useMemo(() => columnsOf(result), [result]);
  const view = place.value.query.get('view') === 'plot' ? 'plot' : 'table';
  const tab = (name, label) => html`<a href=${withQuery({view: name === 'table' ? null : name})} aria-current=${view === name ? 'page' : undefined}>${label}</a>`;
  return html`<div class="result-head">
      <nav class="tabs" aria-label="Views of the result">${tab('table', 'Table')}${tab('plot', 'Plot')}</nav>
      <span class="muted small numbers" role="status">${result.truncated ? 'the first ' : ''}${count(result.rows.length)} ${
        result.rows.length === 1 ? 'row' : 'rows'} in ${duration(result.seconds)}</span><span class="grow"></span>${downloads}</div>
    ${result.rows.length === 0 ? html`<${Empty} title="No rows"><p>The query is fine, and nothing is like that.</p></${Empty}>`
      : view === 'plot' ? html`<${Picture} result=${result} columns=${columns}/>` : html`<${Table} result=${result} columns=${columns}/>`}`;
}
