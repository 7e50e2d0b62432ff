import {html} from '../lib/html.js';
import {useResource} from '../lib/resource.js';
import {workersVersion} from '../lib/live.js';
import {Answer} from '../ui/parts.js';

export function Workers() {
  const answer = useResource('/api/workers', [workersVersion]);
  return html`<div class="head"><h1>Workers</h1></div>
    <${Answer} of=${answer}>${(data) => html`<p>${data.workers.length}</p>`}</${Answer}>`;
}
