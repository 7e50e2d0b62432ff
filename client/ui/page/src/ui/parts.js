// Small parts that all views share.
import {now} from '../lib/clock.js';
import {ago, count, exact, number, percent, stamp} from '../lib/format.js';
import {html, useEffect, useRef, useState} from '../lib/html.js';
import {visible} from '../lib/visible.js';
import {stateMarks, stateWords, trialStates} from '../state/states.js';

// A name from outside: as text, isolated from the direction of what is around it.
export function Name({of}) {
  const text = visible(of ?? '');
  return html`<bdi title=${text.length > 40 ? text : undefined}>${text}</bdi>`;
}

export function Value({value, digits}) {
  return html`<span title=${exact(value)}>${number(value, digits)}</span>`;
}

export function Time({at}) {
  if (!at) return html`<span class="muted">–</span>`;
  return html`<time dateTime=${at} title=${stamp(at)}>${ago(at, now.value)}</time>`;
}

export function State({of}) {
  return html`<span class="state"
    ><span style=${{color: `var(--state-${of in stateMarks ? of : 'pending'})`}} aria-hidden="true">${stateMarks[of] ?? '·'}</span
    ><span>${stateWords[of] ?? visible(of)}</span></span>`;
}

// How the trials of a sweep are spread over states.
export function Progress({sweep, tall = false}) {
  const total = Math.max(1, sweep.trials);
  const parts = trialStates.filter((state) => state !== 'pending' && (sweep.counts?.[state] ?? 0) > 0);
  const text = parts.map((state) => `${count(sweep.counts[state])} ${stateWords[state]}`).join(', ');
  return html`<div class=${`progress${tall ? ' tall' : ''}`} role="img" title=${text || 'nothing has begun'}
      aria-label=${`${percent(sweep.fraction)} of ${count(sweep.trials)} trials: ${text || 'nothing has begun'}`}>
    ${parts.map((state) => html`<span key=${state}
      style=${{width: `${100 * sweep.counts[state] / total}%`, background: `var(--state-${state})`}}></span>`)}
  </div>`;
}

// What went wrong, and what to do about it. `code`: the message points into its lines.
export function Trouble({error, retry, title = '', code = false}) {
  const place = error.status === 404 ? 'Not found' : error.status === 403 ? 'Not allowed' : 'That did not work';
  return html`<div class="trouble" role="alert">
    <strong>${title || place}</strong>
    <p class=${code ? 'lines code' : 'lines'}>${visible(error.message, {lines: true})}</p>
    ${error.hint && html`<p class="muted">${visible(error.hint, {lines: true})}</p>`}
    ${retry && error.status !== 404 && error.status !== 403 &&
      html`<p><button class="button small" onClick=${retry}>Try again</button></p>`}
  </div>`;
}

export function Empty({title, children}) {
  return html`<div class="note"><h2>${title}</h2>${children}</div>`;
}

export function Waiting({what = 'Loading'}) {
  return html`<div role="status" aria-label=${what}><div class="waiting-bar"></div></div>`;
}

// Says that numbers are of a part of the trials only, and how far the rest is.
export function Partial({done, what = 'of the trials counted'}) {
  if (done === undefined || done === null || done >= 1) return null;
  return html`<div class="partial" role="status">
    <progress max="1" value=${done} aria-hidden="true"></progress><span>${percent(done)} ${what}; the rest is on its way</span>
  </div>`;
}

// Draws one of: trouble, waiting, content. `data` that is there stays while an
// error or a wait is shown above it.
export function Answer({of, children, what}) {
  if (of.data === null && of.error) return html`<${Trouble} error=${of.error} retry=${of.retry}/>`;
  if (of.data === null) return html`<${Waiting} what=${what}/>`;
  return html`${of.error && html`<${Trouble} error=${of.error} retry=${of.retry}/>`}${children(of.data)}`;
}

export function Copy({text, label = 'Copy'}) {
  const [said, say] = useState('');
  const timer = useRef(0);
  useEffect(() => () => clearTimeout(timer.current), []);
  const copy = async () => {
    say((await copied(text)) ? 'Copied' : 'Not allowed');
    clearTimeout(timer.current);
    timer.current = setTimeout(() => say(''), 1600);
  };
  return html`<button type="button" class="button small quiet" onClick=${copy} aria-live="polite"
    title=${`Copy: ${visible(text).slice(0, 200)}`}>${said || label}</button>`;
}

// The clipboard needs a safe context, which plain HTTP beyond loopback is not.
async function copied(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const area = document.createElement('textarea');
    area.value = text;
    area.setAttribute('readonly', '');
    area.className = 'out-of-sight';
    document.body.append(area);
    area.select();
    const done = document.execCommand('copy');
    area.remove();
    return done;
  }
}

export function Command({text}) {
  return html`<div class="command"><code tabindex="0">${visible(text)}</code><${Copy} text=${text}/></div>`;
}

export function Facts({rows}) {
  return html`<dl class="facts">${rows.filter(Boolean).map(([name, value]) =>
    html`<dt key=${name}>${name}</dt><dd>${value}</dd>`)}</dl>`;
}

export function Figures({rows}) {
  return html`<dl class="figures">${rows.filter(Boolean).map(([name, value]) =>
    html`<div class="figure" key=${name}><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>`;
}
