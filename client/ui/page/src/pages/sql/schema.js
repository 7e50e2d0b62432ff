// What there is to ask for: examples, and the tables with their columns.
import {html} from '../../lib/html.js';
import {visible} from '../../lib/visible.js';
import {Trouble} from '../../ui/parts.js';

function Table({table, insert}) {
  return html`<details><summary><code>${visible(table.name)}</code></summary>
    ${table.doc && html`<p class="small muted">${visible(table.doc)}</p>`}
    <ul class="schema-columns">${table.columns.map((column) => html`<li key=${column.name}><button type="button" class="plain" title=${visible(column.doc) || 'Put into the query'}
      onClick=${() => insert(column.name)}><code>${visible(column.name)}</code></button>
      <span class="small muted">${visible(column.doc || column.type || '')}</span></li>`)}</ul></details>`;
}

export function Schema({of, insert, choose}) {
  if (of.error && !of.data) return html`<aside class="schema"><${Trouble} error=${of.error} retry=${of.retry}/></aside>`;
  const {tables = [], examples = []} = of.data ?? {};
  const views = tables.filter(({kind}) => kind === 'view');
  const others = tables.filter(({kind}) => kind !== 'view');
  return html`<aside class="schema" aria-label="Examples and tables">
    ${examples.length > 0 && html`<h2>Examples</h2><ul class="examples">${examples.map((one) => html`<li key=${one.title}>
      <button type="button" class="plain" title=${visible(one.sql, {lines: true})} onClick=${() => choose(one.sql)}>${visible(one.title)}</button></li>`)}</ul>`}
    ${views.length > 0 && html`<h2>Tables</h2>${views.map((table) => html`<${Table} key=${table.name} table=${table} insert=${insert}/>`)}`}
    ${others.length > 0 && html`<details><summary class="small">Inner tables, which change from version to version</summary>
      ${others.map((table) => html`<${Table} key=${table.name} table=${table} insert=${insert}/>`)}</details>`}
  </aside>`;
}
