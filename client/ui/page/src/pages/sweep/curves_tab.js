import {html} from '../../lib/html.js';

export function CurvesTab({sweep, filter, version}) {
  return html`<div></div>`;
}
