import {html, useEffect, useId, useRef, useState} from '../lib/html.js';
import {visible} from '../lib/visible.js';
import {Trouble} from './parts.js';

// A window before the page. The browser's own dialog keeps the focus in it and
// closes it by Escape.
export function Dialog({title, close, children, wide = false}) {
  const box = useRef(null);
  const id = useId();
  useEffect(() => {
    const before = document.activeElement;
    box.current.showModal();
    return () => before?.focus?.();
  }, []);
  return html`<dialog class=${`box${wide ? ' wide' : ''}`} ref=${box} aria-labelledby=${id}
      onClose=${close} onClick=${(event) => event.target === box.current && box.current.close()}>
    <h2 id=${id}>${title}</h2>${children}
  </dialog>`;
}

// Asks before something is done. With `word`, that word must be typed: for what
// cannot be taken back. `act` returns a promise; its error is shown.
export function Confirm({title, text, verb, word = '', danger = false, act, close}) {
  const [typed, type] = useState('');
  const [error, fail] = useState(null);
  const [busy, setBusy] = useState(false);
  const ready = word === '' || typed.trim() === word;
  const submit = async (event) => {
    event.preventDefault();
    if (!ready || busy) return;
    setBusy(true);
    fail(null);
    try {
      await act();
      close();
    } catch (problem) {
      fail(problem);
      setBusy(false);
    }
  };
  return html`<${Dialog} title=${title} close=${close}>
    <form onSubmit=${submit}>
      <p>${text}</p>
      ${word && html`<label class="confirm-word"><span>Type <b><bdi>${visible(word)}</bdi></b> to go on</span>
        <input class="field" value=${typed} onInput=${(event) => type(event.target.value)} autocomplete="off"
          spellcheck="false" autofocus/></label>`}
      ${error && html`<${Trouble} error=${error}/>`}
      <div class="dialog-end">
        <button type="button" class="button" onClick=${close}>Leave it</button>
        <button class=${`button first${danger ? ' danger' : ''}`} disabled=${!ready || busy}>${busy ? 'One moment' : verb}</button>
      </div>
    </form>
  </${Dialog}>`;
}
