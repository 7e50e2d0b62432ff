import {html, useState} from '../lib/html.js';
import {go, place} from '../lib/router.js';
import {caller, logIn} from '../lib/session.js';
import {Trouble} from '../ui/parts.js';

// Returns the view to go to afterwards: one of ours, whatever the address says.
function target() {
  const to = place.value.query.get('to') ?? '/';
  const url = new URL(to, location.origin);
  return url.origin === location.origin && url.pathname !== '/login' ? url.pathname + url.search : '/';
}

export function Login() {
  const [token, setToken] = useState('');
  const [error, fail] = useState(null);
  const [busy, setBusy] = useState(false);
  if (caller.value && !caller.value.login && !caller.value.error) {
    return html`<div class="note"><h2>No login is needed here</h2><p><a href=${target()}>To the sweeps</a></p></div>`;
  }
  const submit = async (event) => {
    event.preventDefault();
    setBusy(true);
    fail(null);
    try {
      await logIn(token.trim());
      go(target(), {replace: true});
    } catch (problem) {
      fail(problem);
      setBusy(false);
    }
  };
  return html`<form class="login" onSubmit=${submit}>
    <h1>Log in</h1>
    <p class="muted">With a token that may read sweeps. Whoever looks after the coordinator makes one: <code>fathom token new</code></p>
    <label class="out-of-sight" for="token">Token</label>
    <input id="token" class="field mono" type="password" autocomplete="current-password" spellcheck="false" placeholder="Token"
      value=${token} onInput=${(event) => setToken(event.target.value)} autofocus required/>
    ${error && html`<${Trouble} error=${error} title=${error.status === 401 ? 'This token does not fit' : ''}/>`}
    <button class="button first" disabled=${busy || token.trim() === ''}>${busy ? 'One moment' : 'Log in'}</button>
  </form>`;
}
