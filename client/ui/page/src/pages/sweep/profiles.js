// The speed-up at every goal of a race, a picture for each race.
import {useInk, useWidth} from '../../charts/ink.js';
import {groupColours} from '../../charts/palette.js';
import {ProfilePlot} from '../../charts/profile_plot.js';
import {number} from '../../lib/format.js';
import {html, useEffect, useMemo, useRef, useSignal} from '../../lib/html.js';
import {visible} from '../../lib/visible.js';

const height = 280;

export function Profiles({list}) {
  const some = list.filter(({groups}) => groups.some(({points}) => points.length > 1));
  if (some.length === 0) return null;
  return html`<section class="section"><h2>Along the goals</h2>
    <p class="small muted">Steps of the reference over steps of a group, to every goal that is raced; above 1 the group is faster. Bands are 95 % intervals,
      triangles bounds: they point to where the truth lies.</p>
    <div class="profiles">${some.map((profile) => html`<${Profile} key=${profile.title} profile=${profile}/>`)}</div></section>`;
}

function Profile({profile}) {
  const ink = useInk();
  const host = useRef(null);
  const plot = useRef(null);
  const tip = useSignal(null);
  const width = useWidth(host);
  const colours = useMemo(() => groupColours(profile.groups.length, {theme: ink.theme}), [profile, ink.theme]);
  useEffect(() => {
    plot.current = new ProfilePlot(host.current, {
      tip: (next) => {
        tip.value = next;
      },
    });
    return () => plot.current.destroy();
  }, []);
  useEffect(() => {
    if (width > 0) plot.current.show({profile, colours, ink, width, height});
  }, [profile, colours, ink, width]);
  const told = profile.groups.map(({label, points}) => {
    const last = points.at(-1);
    return `${label}: ${number(last.value, 3)} times as fast at ${number(last.goal)}`;
  });
  return html`<div class="profile">
    ${profile.title && html`<h3><bdi>${visible(profile.title)}</bdi></h3>`}
    <div class="chart"><div class="chart-canvas" ref=${host} role="img" aria-label=${visible(told.join('; '))}
      style=${{minHeight: `${height}px`}}></div><${Tip} tip=${tip}/></div>
    <div class="legend">${profile.groups.map(({label}, g) => html`<span class="legend-entry" key=${label}>
      <span class="legend-line" style=${{background: colours[g]}} aria-hidden="true"></span>${visible(label)}</span>`)}</div>
  </div>`;
}

function Tip({tip}) {
  const now = tip.value;
  if (!now) return null;
  const right = now.left > now.width / 2;
  const style = {[right ? 'right' : 'left']: `${right ? now.width - now.left + 28 : now.left + 64}px`, top: `${Math.max(0, now.top - 10)}px`};
  const sign = {at_least: '≥ ', at_most: '≤ '}[now.bound] ?? '';
  return html`<div class="tip" style=${style}><div class="tip-head">
      <span class="legend-line" style=${{background: now.colour}} aria-hidden="true"></span>${visible(now.label)}</div>
    <dl class="tip-list"><dt>goal</dt><dd>${number(now.goal)}</dd><dt>speed-up</dt><dd><b>${sign}${number(now.value, 3)}×</b></dd>
      ${now.low !== null && html`<dt>95 %</dt><dd>${number(now.low, 3)} to ${number(now.high, 3)}</dd>`}
      ${now.verdict && html`<dt>verdict</dt><dd>${now.verdict}</dd>`}</dl></div>`;
}
