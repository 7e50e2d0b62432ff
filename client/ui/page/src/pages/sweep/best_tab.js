import {html} from '../../lib/html.js';

export function BestTab({sweep, filter, version}) {
  return html`<div></div>`;
}
