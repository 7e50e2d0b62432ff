import {html} from '../lib/html.js';

export function Compare() {
  return html`<h1>Compare</h1>`;
}
