// Small parts that the charts' tabs share.
import {html, useId} from '../lib/html.js';
import {setQuery} from '../lib/router.js';
import {visible} from '../lib/visible.js';

// A choice that stands in the address. `options` are [value, label]; `standard` is
// what an address without the parameter means.
export function Choice({label, name, value, options, standard, clears = []}) {
  const choose = (event) => {
    const {value: chosen} = event.target;
    setQuery({[name]: chosen === standard ? null : chosen, ...Object.fromEntries(clears.map((other) => [other, null]))});
  };
  return html`<label class="labelled"><span>${label}</span>
    <select class="field" name=${name} value=${value} onChange=${choose}>
      ${options.map(([option, text]) => html`<option key=${option} value=${option} selected=${option === value}>${visible(text)}</option>`)}
    </select></label>`;
}

// Two or three words of which one holds.
export function Switch({label, name, value, options, standard, clears = []}) {
  const id = useId();
  const choose = (chosen) => setQuery({[name]: chosen === standard ? null : chosen,
    ...Object.fromEntries(clears.map((other) => [other, null]))});
  return html`<div class="labelled" role="group" aria-labelledby=${id}><span id=${id}>${label}</span>
    <span class="switch">${options.map(([option, text]) => html`<button type="button" key=${option}
      aria-pressed=${option === value} onClick=${() => choose(option)}>${text}</button>`)}</span></div>`;
}

export function ColourBar({low, high, label, gradient}) {
  return html`<div class="colour-bar"><span class="muted">${visible(label)}</span><span class="numbers">${low}</span>
    <span class="colour-strip" style=${{background: `linear-gradient(90deg, ${gradient.join(', ')})`}} aria-hidden="true"></span>
    <span class="numbers">${high}</span></div>`;
}

export const labelOf = (list, name) => list.find((one) => one.name === name)?.label ?? name;

// Axes that have more than one value, the ones that can be told apart.
export const varied = (sweep) => (sweep.axes ?? []).filter(({count, values}) => (count ?? values?.length ?? 0) > 1);
