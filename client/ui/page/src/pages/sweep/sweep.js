// A sweep: how far it is, its filter, and the tabs that show its trials.
import {count, duration, percent, short} from '../../lib/format.js';
import {html} from '../../lib/html.js';
import {sweepVersion} from '../../lib/live.js';
import {useResource} from '../../lib/resource.js';
import {place, withQuery} from '../../lib/router.js';
import {visible} from '../../lib/visible.js';
import {readFilter} from '../../state/filter.js';
import {stateWords, sweepState, trialStates, stateMarks} from '../../state/states.js';
import {Answer, Figures, Name, Progress, State, Time} from '../../ui/parts.js';
import {Actions} from './actions.js';
import {BestTab} from './best_tab.js';
import {CurvesTab} from './curves_tab.js';
import {FilterBar} from './filter_bar.js';
import {HeatTab} from './heat_tab.js';
import {ParallelTab} from './parallel_tab.js';
import {SpecTab} from './spec_tab.js';
import {TrialsTab} from './trials_tab.js';

// Each tab is a component with these properties: `sweep`, the answer of
// /api/sweeps/ID; `filter`, conditions as state/filter.js has them; `version`, the
// signal that moves when the sweep has changed (for useResource).
const tabs = [
  ['curves', 'Curves', CurvesTab],
  ['best', 'Best', BestTab],
  ['heat', 'Heat map', HeatTab],
  ['parallel', 'Parallel', ParallelTab],
  ['trials', 'Trials', TrialsTab],
  ['spec', 'Spec and events', SpecTab],
];

function Head({sweep}) {
  const title = sweep.title || sweep.name;
  return html`<div class="head"><h1><${Name} of=${title}/></h1>
      <${State} of=${sweepState(sweep)}/><span class="grow"></span><${Actions} sweep=${sweep}/></div>
    ${sweep.unreadable && html`<p class="trouble">${visible(sweep.unreadable)}</p>`}
    <${Progress} sweep=${sweep} tall=${true}/>
    <div class="sweep-line">
      <ul class="counts" aria-label="Trials by state">${trialStates.filter((state) => sweep.counts?.[state] > 0).map((state) => html`<li
        key=${state} class="state"><span style=${{color: `var(--state-${state})`}} aria-hidden="true">${stateMarks[state]}</span><span><b>${
          count(sweep.counts[state])}</b> ${stateWords[state]}</span></li>`)}</ul>
      <${Figures} rows=${figures(sweep)}/>
    </div>`;
}

function figures(sweep) {
  const running = sweep.state === 'running';
  return [
    ['Done', `${percent(sweep.fraction)} of ${count(sweep.trials)}`],
    running && sweep.rate !== null && ['Trials/s', short(sweep.rate)],
    running && !sweep.paused && sweep.eta_s !== null && ['Left', duration(sweep.eta_s)],
    ['Created', html`<${Time} at=${sweep.created}/>`],
    sweep.ended && ['Took', duration((Date.parse(sweep.ended) - Date.parse(sweep.created)) / 1000)],
    sweep.owner && ['Owner', html`<${Name} of=${sweep.owner}/>`],
  ];
}

export function Sweep({id}) {
  const version = sweepVersion(id);
  const answer = useResource(`/api/sweeps/${id}`, [version]);
  const {query} = place.value;
  const [name, , Tab] = tabs.find(([tab]) => tab === query.get('tab')) ?? tabs[0];
  const filter = readFilter(query);
  return html`<${Answer} of=${answer} what="Loading the sweep">${(sweep) => html`
    <${Head} sweep=${sweep}/>
    <nav class="tabs" aria-label="Views of this sweep">${tabs.map(([tab, label]) => html`<a key=${tab}
      href=${withQuery({tab: tab === tabs[0][0] ? null : tab})} aria-current=${tab === name ? 'page' : undefined}>${label}</a>`)}</nav>
    ${name !== 'spec' && html`<${FilterBar} sweep=${sweep} filter=${filter}/>`}
    <div key=${name}><${Tab} sweep=${sweep} filter=${filter} version=${version}/></div>`}</${Answer}>`;
}
