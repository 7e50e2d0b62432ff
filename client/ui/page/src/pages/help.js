import {html} from '../lib/html.js';
import {caller} from '../lib/session.js';
import {visible} from '../lib/visible.js';
import {Dialog} from '../ui/dialog.js';

const keys = [
  [['/'], 'to the search of the view'],
  [['?'], 'this help'],
  [['Tab'], 'to the next control'],
  [['↑', '↓'], 'along the rows of a table; Enter opens one'],
  [['Page Up', 'Page Down', 'Home', 'End'], 'through a long table'],
  [['Ctrl', 'Enter'], 'together: runs the query of the SQL console'],
  [['Esc'], 'closes what lies above the page'],
];

export function Help({close}) {
  return html`<${Dialog} title="Help" close=${close}>
    <dl class="facts keys">${keys.map(([key, what]) => html`<dt key=${key}>${key.map((one) => html`<kbd key=${one}>${one}</kbd> `)}</dt><dd>${what}</dd>`)}</dl>
    <p class="section small">The address of a view holds its filter and its choices: send it to somebody who can open
      this page, or keep it as a bookmark. All times are those of this computer. The page reads; what changes a sweep asks first.</p>
    <p class="small muted">fathom ${visible(caller.value?.version ?? '')}. <a target="_blank" rel="noopener"
      href=${document.querySelector('link[rel=license]')?.href}>Licences of the parts of this page</a></p>
    <div class="dialog-end"><button class="button first" autofocus onClick=${close}>Close</button></div>
  </${Dialog}>`;
}
