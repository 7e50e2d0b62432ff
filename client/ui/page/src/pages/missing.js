import {html} from '../lib/html.js';
import {place} from '../lib/router.js';
import {visible} from '../lib/visible.js';
import {Empty} from '../ui/parts.js';

export function Missing() {
  return html`<${Empty} title="There is no such page">
    <p><code>${visible(place.value.path)}</code></p><p><a href="/">All sweeps</a></p>
  </${Empty}>`;
}
