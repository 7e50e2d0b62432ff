import {html} from '../lib/html.js';

export function Trial() {
  return html`<h1>Trial</h1>`;
}
