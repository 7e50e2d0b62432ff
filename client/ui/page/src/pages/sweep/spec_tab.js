// What a sweep is: its spec, what happened to it, and what limits it.
import {html} from '../../lib/html.js';
import {useResource} from '../../lib/resource.js';
import {stamp} from '../../lib/format.js';
import {visible} from '../../lib/visible.js';
import {Story} from '../../ui/story.js';
import {Answer, Copy, Facts, Name, Time, Trouble} from '../../ui/parts.js';

export function Events({events}) {
  if (!events?.length) return html`<p class="muted">Nothing is on record.</p>`;
  return html`<ol class="events">${events.map((event, i) => html`<li key=${i}>
    <span class="muted nowrap"><${Time} at=${event.time}/></span><span><b>${visible(event.kind).replaceAll('_', ' ')}</b>${' '}
      <span class="pre">${visible(event.text, {lines: true})}</span></span></li>`)}</ol>`;
}

export function Why({of}) {
  if (of.error && !of.data) return html`<${Trouble} error=${of.error} retry=${of.retry}/>`;
  return html`<div class="why"><${Story} lines=${of.data?.lines ?? []}/></div>`;
}

export function SpecTab({sweep, version}) {
  const why = useResource(`/api/sweeps/${sweep.id}/why`, [version]);
  const events = useResource(`/api/sweeps/${sweep.id}/events`, [version]);
  return html`<div class="columns">
    <section><h2>What limits it</h2><${Why} of=${why}/>
      <h2 class="next">What happened</h2><${Answer} of=${events} what="Loading what happened">${
        ({events: list}) => html`<${Events} events=${list}/>`}</${Answer}>
      <h2 class="next">Known as</h2><${Facts} rows=${[
        ['Sweep', sweep.id],
        ['Name', html`<${Name} of=${sweep.name}/>`],
        sweep.owner && ['Owner', html`<${Name} of=${sweep.owner}/>`],
        ['Created', stamp(sweep.created)],
        sweep.ended && ['Ended', stamp(sweep.ended)],
        ['Fingerprint', html`<code>${visible(sweep.fingerprint)}</code>`],
        sweep.numerics?.length > 0 && ['Numerics', html`<code>${sweep.numerics.map((one) => visible(one)).join(', ')}</code>`],
        (sweep.priority !== 0 || sweep.weight !== 1) && ['Priority, weight', `${sweep.priority}, ${sweep.weight}`],
      ]}/></section>
    <section><div class="head slim"><h2>Spec</h2><${Copy} text=${sweep.spec_yaml}/></div>
      <pre class="code" tabindex="0">${visible(sweep.spec_yaml ?? '', {lines: true})}</pre></section>
  </div>`;
}
