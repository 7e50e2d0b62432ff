// The lines of `fathom explain`: a heading, and "word:   what there is to say".
import {html} from '../lib/html.js';
import {visible} from '../lib/visible.js';
import {storyOf} from './story_model.js';

export function Story({lines}) {
  const {rows, rest} = storyOf(lines);
  return html`${rest.map((line, i) => html`<p key=${i} class="pre">${visible(line)}</p>`)}
    ${rows.length > 0 && html`<dl class="facts story">${rows.map(([word, said], i) => html`<dt key=${i}>${visible(word)}</dt>
      <dd>${said.map((line, k) => html`<div key=${k}>${visible(line)}</div>`)}</dd>`)}</dl>`}`;
}
