// A sweep: how far it is, its filter, and the tabs that show its trials.
import {html} from '../../lib/html.js';
import {sweepVersion} from '../../lib/live.js';
import {useResource} from '../../lib/resource.js';
import {place, withQuery} from '../../lib/router.js';
import {readFilter} from '../../state/filter.js';
import {Answer, Name} from '../../ui/parts.js';
import {BestTab} from './best_tab.js';
import {CurvesTab} from './curves_tab.js';
import {HeatTab} from './heat_tab.js';
import {ParallelTab} from './parallel_tab.js';

// Each tab is a component with these properties: `sweep`, the answer of
// /api/sweeps/ID; `filter`, conditions as state/filter.js has them; `version`, the
// signal that moves when the sweep has changed (for useResource).
const tabs = [
  ['curves', 'Curves', CurvesTab],
  ['best', 'Best', BestTab],
  ['heat', 'Heat map', HeatTab],
  ['parallel', 'Parallel', ParallelTab],
];

export function Sweep({id}) {
  const version = sweepVersion(id);
  const answer = useResource(`/api/sweeps/${id}`, [version]);
  const {query} = place.value;
  const found = tabs.find(([name]) => name === query.get('tab')) ?? tabs[0];
  const Tab = found[2];
  return html`<${Answer} of=${answer} what="Loading the sweep">${(sweep) => html`
    <div class="head"><h1><${Name} of=${sweep.title || sweep.name}/></h1></div>
    <nav class="tabs" aria-label="Views of this sweep">${tabs.map(([name, label]) => html`<a key=${name}
      href=${withQuery({tab: name === tabs[0][0] ? null : name})} aria-current=${name === found[0] ? 'page' : undefined}>${label}</a>`)}</nav>
    <${Tab} sweep=${sweep} filter=${readFilter(query)} version=${version}/>`}</${Answer}>`;
}
