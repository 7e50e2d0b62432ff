import {html} from '../../lib/html.js';

export function ParallelTab({sweep, filter, version}) {
  return html`<div></div>`;
}
