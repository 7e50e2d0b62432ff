// What is under the pointer, in words.
import {useParameters} from '../../charts/parameters.js';
import {axisValue, count, number} from '../../lib/format.js';
import {html} from '../../lib/html.js';
import {visible} from '../../lib/visible.js';
import {stateByNumber} from '../../state/states.js';
import {State} from '../../ui/parts.js';

const mostGroups = 12;

export function CurvesTip({sweep, tip, scene, settings, close}) {
  const now = tip.value;
  const parameters = useParameters(sweep.id, now?.kind === 'curve' ? now.trial : null);
  if (!now) return html`<div class="out-of-sight" role="status"></div>`;
  const right = now.left > now.width / 2;
  const style = {
    [right ? 'right' : 'left']: `${right ? now.width - now.left + 28 : now.left + 72}px`,
    top: `${Math.max(0, Math.min(now.top + 8, now.height - 150))}px`,
  };
  return html`<div class=${`tip${now.pinned ? ' pinned' : ''}`} style=${style} role="status">
    ${now.kind === 'curve' ? html`<${OfCurve} sweep=${sweep} tip=${now} scene=${scene} settings=${settings} parameters=${parameters}
      close=${close}/>` : html`<${OfBands} tip=${now} scene=${scene} settings=${settings}/>`}
  </div>`;
}

function OfCurve({sweep, tip, scene, settings, parameters, close}) {
  const {trial, state, step, value, group, end} = tip;
  const known = parameters ? Object.entries(parameters)
    : group >= 0 && settings.axis ? [[settings.axis.name, scene.groups[group]?.value ?? scene.groups[group]?.label]] : [];
  const label = (name) => (sweep.axes ?? []).find((axis) => axis.name === name)?.label ?? name;
  return html`<div class="tip-head"><span class="legend-line" style=${{background: scene.colourOf(tip.curve)}} aria-hidden="true"></span>
      <a href=${`/sweeps/${sweep.id}/trials/${trial}`}>trial ${count(trial)}</a><${State} of=${stateByNumber[state] ?? 'pending'}/>
      ${tip.pinned && html`<button type="button" class="tip-close" aria-label="Close" onClick=${close}>×</button>`}</div>
    <dl class="tip-list">
      ${step !== null && html`<dt>step</dt><dd>${count(step)}</dd><dt>${visible(settings.metric.label ?? settings.metric.name)}</dt>
        <dd><b>${number(value)}</b></dd>`}
      ${state === 2 && end >= 0 && html`<dt>diverged at</dt><dd>${count(end)}</dd>`}
      ${known.map(([name, one]) => html`<dt key=${name}>${visible(label(name))}</dt><dd><bdi>${visible(axisValue(one))}</bdi></dd>`)}
    </dl>
    ${!tip.pinned && html`<p class="tip-hint">Click to hold</p>`}`;
}

function OfBands({tip, scene, settings}) {
  const {data} = scene.scales.yScale;
  const value = (band, name) => {
    const place = band[name][tip.index];
    return place === undefined || Number.isNaN(place) ? '–' : number(data(place), 3);
  };
  return html`<div class="tip-head">step ${count(tip.step)}</div>
    <table class="tip-table"><thead><tr><th scope="col">${visible(settings.axis?.label ?? '')}</th><th scope="col">median</th>
      <th scope="col">5 to 95 %</th></tr></thead><tbody>
      ${scene.bands.slice(0, mostGroups).map((band) => html`<tr key=${band.index}>
        <th scope="row"><span class="legend-line" style=${{background: scene.bandColour(band)}} aria-hidden="true"></span>
          <bdi>${visible(band.label ?? 'all')}</bdi></th>
        <td><b>${value(band, 'q50')}</b></td><td>${value(band, 'q05')} to ${value(band, 'q95')}</td></tr>`)}
    </tbody></table>
    ${scene.bands.length > mostGroups && html`<p class="tip-hint">and ${scene.bands.length - mostGroups} more</p>`}`;
}
