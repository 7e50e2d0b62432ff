// What can be done to a sweep. Each asks first; what cannot be taken back wants the
// name of the sweep.
import {post} from '../../lib/api.js';
import {count} from '../../lib/format.js';
import {html, useState} from '../../lib/html.js';
import {sweepVersion, sweepsVersion} from '../../lib/live.js';
import {caller} from '../../lib/session.js';
import {visible} from '../../lib/visible.js';
import {Confirm} from '../../ui/dialog.js';

function possible(sweep) {
  if (sweep.unreadable) return [];
  const {failed = 0, cancelled = 0} = sweep.counts ?? {};
  const list = [];
  if (sweep.state === 'running' && !sweep.paused) {
    list.push({name: 'pause', verb: 'Pause', title: 'Pause this sweep?',
      text: 'No more trials are handed out. Those that run are finished, and what is recorded stays.'});
  }
  if (sweep.state === 'running' && sweep.paused) {
    list.push({name: 'resume', verb: 'Resume', title: 'Resume this sweep?', text: 'Trials are handed out again.'});
  }
  if (sweep.state !== 'running' && failed + cancelled > 0) {
    list.push({name: 'retry', verb: 'Retry', title: 'Retry what did not finish?',
      text: `${count(failed + cancelled)} trials that failed or were cancelled are handed out once more.`});
  }
  if (sweep.state === 'running') {
    list.push({name: 'cancel', verb: 'Cancel', act: 'Cancel the sweep', title: 'Cancel this sweep?', danger: true,
      text: 'Trials that run are stopped, and those that are left are not begun. What is recorded stays.'});
  }
  return list;
}

// What must be typed to cancel: the name, or the number where the name has
// characters that no keyboard has.
function wordOf(sweep) {
  return sweep.name && visible(sweep.name) === sweep.name && sweep.name.trim() === sweep.name ? sweep.name : String(sweep.id);
}

export function Actions({sweep}) {
  const [asked, ask] = useState(null);
  if (!caller.value?.may_change) return null;
  const act = async () => {
    await post(`/api/sweeps/${sweep.id}/${asked.name}`, {confirm: wordOf(sweep)});
    ++sweepVersion(sweep.id).value;
    ++sweepsVersion.value;
  };
  return html`<div class="actions">${possible(sweep).map((action) => html`<button key=${action.name}
      class=${`button small${action.danger ? ' danger' : ''}`} onClick=${() => ask(action)}>${action.verb}</button>`)}
    ${asked && html`<${Confirm} title=${asked.title} text=${asked.text} verb=${asked.act ?? asked.verb} danger=${asked.danger}
      word=${asked.danger ? wordOf(sweep) : ''} act=${act} close=${() => ask(null)}/>`}</div>`;
}
