import {html} from '../../lib/html.js';

export function HeatTab({sweep, filter, version}) {
  return html`<div></div>`;
}
