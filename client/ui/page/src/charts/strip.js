// A dot with its whisker on an axis that all rows of a table share.
import {html} from '../lib/html.js';

export {stripScale} from './strip_scale.js';

const percent = (share) => `${(100 * share).toFixed(3)}%`;

export function StripAxis({scale, label}) {
  return html`<div class="strip-axis"><span class="out-of-sight">${label}</span>${scale.ticks.map(({share, text}) =>
    html`<span key=${text} style=${{left: percent(share)}} aria-hidden="true">${text}</span>`)}</div>`;
}

// `bound`: 'at_least' and 'at_most' end in an arrow, as nothing is known beyond.
export function Strip({scale, value, low = null, high = null, bound = 'exact'}) {
  const at = value === null || !Number.isFinite(value) ? null : scale.share(value);
  const from = low === null ? at : scale.share(low);
  const to = high === null ? at : scale.share(high);
  return html`<svg class="strip" aria-hidden="true">
    ${scale.ticks.map(({share, text}) => html`<line key=${text} class="strip-grid" x1=${percent(share)} x2=${percent(share)} y1="0" y2="100%"/>`)}
    ${scale.neutral !== null && html`<line class="strip-neutral" x1=${percent(scale.neutral)} x2=${percent(scale.neutral)} y1="0" y2="100%"/>`}
    ${at !== null && from !== to && html`<line class="strip-whisker" x1=${percent(from)} x2=${percent(to)} y1="50%" y2="50%"/>
      <line class="strip-whisker" x1=${percent(from)} x2=${percent(from)} y1="30%" y2="70%"/>
      <line class="strip-whisker" x1=${percent(to)} x2=${percent(to)} y1="30%" y2="70%"/>`}
    ${at !== null && bound === 'at_least' && html`<svg x=${percent(at)} y="50%" class="strip-arrow"><path d="M6 0h14M15 -4l5 4l-5 4"/></svg>`}
    ${at !== null && bound === 'at_most' && html`<svg x=${percent(at)} y="50%" class="strip-arrow"><path d="M-6 0h-14M-15 -4l-5 4l5 4"/></svg>`}
    ${at !== null && html`<circle class="strip-dot" cx=${percent(at)} cy="50%" r="4.5"/>`}
  </svg>`;
}
