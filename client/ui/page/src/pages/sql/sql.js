import {html} from '../../lib/html.js';

export function Sql() {
  return html`<h1>Sql</h1>`;
}
