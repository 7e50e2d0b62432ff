// The frame around all views: navigation, banners, help.
import {now} from './lib/clock.js';
import {duration} from './lib/format.js';
import {askNow, heldSince} from './lib/held.js';
import {html, useEffect, useRef, useState} from './lib/html.js';
import {farewell, reconnect, source, startLive, stopLive, stream, watchSweep} from './lib/live.js';
import {followLinks, match, place} from './lib/router.js';
import {caller, loadCaller, logOut, outdated, signIn} from './lib/session.js';
import {nextTheme, theme} from './lib/theme.js';
import {visible} from './lib/visible.js';
import {Compare} from './pages/compare.js';
import {Help} from './pages/help.js';
import {Login} from './pages/login.js';
import {Missing} from './pages/missing.js';
import {Sql} from './pages/sql/sql.js';
import {Sweep} from './pages/sweep/sweep.js';
import {Sweeps} from './pages/sweeps.js';
import {Trial} from './pages/trial.js';
import {Workers} from './pages/workers.js';
import {Brand, Moon, Out, Question, Sun} from './ui/icons.js';
import {Name, Trouble, Waiting} from './ui/parts.js';

const routes = [
  ['/', Sweeps, 'Sweeps'],
  ['/sweeps/:id', Sweep, 'Sweep'],
  ['/sweeps/:id/trials/:trial', Trial, 'Trial'],
  ['/workers', Workers, 'Workers'],
  ['/sql', Sql, 'SQL'],
  ['/compare', Compare, 'Compare'],
  ['/login', Login, 'Log in'],
];
const leastAge = 5; // Seconds; what is younger is as good as new.
const whole = /^[0-9]{1,16}$/; // Of numbers in paths.

function routed(path) {
  for (const [pattern, View, title] of routes) {
    const parts = match(pattern, path);
    if (parts && Object.values(parts).every((part) => whole.test(part))) return {View, parts, title};
  }
  return {View: Missing, parts: {}, title: 'Not found'};
}

const sections = [['/', 'Sweeps'], ['/workers', 'Workers'], ['/sql', 'SQL'], ['/compare', 'Compare']];

function Nav({path}) {
  const here = path.startsWith('/sweeps/') ? '/' : path;
  return html`<nav class="nav" aria-label="Views">${sections.map(([href, name]) =>
    html`<a key=${href} href=${href} aria-current=${href === here ? 'page' : undefined}>${name}</a>`)}</nav>`;
}

function Source() {
  const from = caller.value?.source;
  if (!from) return null;
  const lost = stream.value === 'lost' || !source.value.up;
  const word = lost ? 'not connected' : stream.value === 'open' ? 'live' : 'connecting';
  const kind = {file: 'ledger file', server: 'coordinator', run: 'fathom run'}[from.kind] ?? from.kind;
  return html`<div class="source" title=${`${kind} ${visible(from.name)}: ${word}`}>
    <span class=${`pulse ${lost ? 'lost' : stream.value === 'open' ? '' : 'waiting'}`}></span>
    <span class="out-of-sight" role="status">${word}</span><${Name} of=${from.name}/>
  </div>`;
}

// How old what is shown is, where it is held back to spare the coordinator.
function Age() {
  const since = heldSince.value;
  const seconds = since === null ? 0 : (now.value - since) / 1000;
  if (seconds < leastAge) return null;
  return html`<button type="button" class="button small quiet age" onClick=${askNow}
    title="So that watching costs the coordinator little, it is asked again later. Press to ask it now.">updated ${duration(seconds)} ago</button>`;
}

function Banner() {
  if (outdated.value) {
    return html`<div class="banner" role="status"><div>fathom ui has been replaced by another version.
      <a href=${location.href} onClick=${() => location.reload()}>Load its page</a></div></div>`;
  }
  if (stream.value === 'lost') {
    const why = farewell.value === 'login ended' ? 'Your login has ended.'
      : farewell.value ? 'fathom ui has been stopped.' : 'fathom ui does not answer.';
    return html`<div class="banner bad" role="alert"><div><span>${why} What you see is as it was; this page goes on by itself
      when fathom ui is back.</span><button class="button small" onClick=${reconnect}>Try now</button></div></div>`;
  }
  if (!source.value.up) {
    return html`<div class="banner bad" role="alert"><div><span>${visible(source.value.message) || 'The source of the numbers is away.'}
      ${' '}What you see is as it was.</span></div></div>`;
  }
  return null;
}

function Top({path, help}) {
  return html`<header class="top">
    <div class="top-row">
      <a class="brand" href="/" aria-label="fathom: all sweeps"><${Brand}/><span>fathom</span></a>
      ${path !== '/login' && html`<${Nav} path=${path}/>`}
      <div class="top-end">
        <${Age}/><${Source}/>
        <button class="icon-button" onClick=${help} aria-label="Help and keys" title="Help and keys (?)"><${Question}/></button>
        <button class="icon-button" onClick=${nextTheme} title=${theme.value === 'dark' ? 'Light colours' : 'Dark colours'}
          aria-label=${theme.value === 'dark' ? 'Use light colours' : 'Use dark colours'}>
          ${theme.value === 'dark' ? html`<${Sun}/>` : html`<${Moon}/>`}</button>
        ${caller.value?.login && caller.value?.role && html`<button class="icon-button" onClick=${logOut}
          aria-label="Log out" title=${`Log out ${visible(caller.value.name ?? '')}`}><${Out}/></button>`}
      </div>
    </div>
  </header>`;
}

// Keys that hold everywhere: / goes to the search of the view, ? to the help.
function useKeys(help) {
  useEffect(() => {
    const onKey = (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.target.closest?.('input, textarea, select, [contenteditable], dialog')) return;
      if (event.key === '/') {
        const search = document.querySelector('[data-search]');
        if (search) {
          event.preventDefault();
          search.focus();
        }
      } else if (event.key === '?') {
        event.preventDefault();
        help();
      }
    };
    addEventListener('keydown', onKey);
    return () => removeEventListener('keydown', onKey);
  }, []);
}

export function App() {
  const {path} = place.value;
  const {View, parts, title} = routed(path);
  const [helping, setHelping] = useState(false);
  const main = useRef(null);
  const first = useRef(true);
  const wasLost = useRef(false);
  useKeys(() => setHelping(true));
  useEffect(() => void loadCaller(), []);
  // Views do not wait for who looks at them: without a login they are told, and lead there.
  const outside = caller.value && (caller.value.error || (caller.value.login && !caller.value.role));
  const inside = path !== '/login' && !outside;
  useEffect(() => (inside ? startLive() : stopLive()), [inside]);
  // A stream that ends or begins again may mean another program, or no login any more.
  useEffect(() => {
    if (farewell.value === 'login ended') signIn();
    else if (stream.value === 'lost' || (stream.value === 'open' && wasLost.current)) loadCaller();
    wasLost.current = stream.value === 'lost';
  }, [stream.value, farewell.value]);
  useEffect(() => watchSweep(inside && parts.id ? parts.id : ''), [inside, parts.id]);
  useEffect(() => {
    document.title = title === 'Sweeps' ? 'fathom' : `${title} - fathom`;
    // Who listens to the page hears that it is another one.
    if (!first.current) main.current.focus({preventScroll: true});
    first.current = false;
  }, [path]);
  let content;
  if (View === Login) content = html`<${Login}/>`;
  else if (caller.value?.error) content = html`<${Trouble} error=${caller.value.error} retry=${loadCaller}/>`;
  else if (!inside) content = html`<${Waiting}/>`;
  else content = html`<${View} key=${path} ...${parts}/>`;
  return html`<div onClick=${followLinks}>
    <a class="skip" href="#main">To the content</a>
    <${Top} path=${path} help=${() => setHelping(true)}/>
    ${inside && html`<${Banner}/>`}
    <main id="main" tabindex="-1" ref=${main}>${content}</main>
    ${helping && html`<${Help} close=${() => setHelping(false)}/>`}
  </div>`;
}
