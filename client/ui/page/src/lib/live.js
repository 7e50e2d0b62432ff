// The one stream of events of the page: "something has changed". Views ask again
// when a counter of theirs moves, so an event that is lost costs nothing.
import {batch, signal} from '@preact/signals';

// Counters that views of the same name follow.
export const sweepsVersion = signal(0); // The list of sweeps, or any of them.
export const workersVersion = signal(0);
export const jobVersion = signal(0); // A long answer has more to say.
// What a banner has to say. `stream`: 'idle' | 'open' | 'lost'.
export const stream = signal('idle');
export const source = signal({up: true, message: ''});
export const farewell = signal(''); // Why fathom ui ended the stream.

const sweepVersions = new Map();

export function sweepVersion(id) {
  const key = String(id);
  if (!sweepVersions.has(key)) sweepVersions.set(key, signal(0));
  return sweepVersions.get(key);
}

const shortest = 500;
const longest = 15000;
let events = null;
let watched = '';
let started = false;
let wait = shortest;
let timer = 0;
let missed = false; // Whether something may have changed while nobody listened.

function everything() {
  batch(() => {
    ++sweepsVersion.value;
    ++workersVersion.value;
    ++jobVersion.value;
    for (const version of sweepVersions.values()) ++version.value;
  });
}

function parsed(event) {
  try {
    return JSON.parse(event.data);
  } catch {
    return {};
  }
}

function onChange(event) {
  const {sweeps = [], list = false, workers = false} = parsed(event);
  batch(() => {
    for (const id of sweeps) ++sweepVersion(id).value;
    if (list || sweeps.length > 0) ++sweepsVersion.value;
    if (workers) ++workersVersion.value;
  });
}

function close() {
  clearTimeout(timer);
  events?.close();
  events = null;
}

function open() {
  close();
  if (!started) return;
  if (document.hidden) {
    missed = true;
    return;
  }
  events = new EventSource(watched ? `/api/events?sweep=${encodeURIComponent(watched)}` : '/api/events');
  events.addEventListener('open', () => {
    wait = shortest;
    stream.value = 'open';
    farewell.value = '';
    if (missed) everything();
    missed = false;
  });
  events.addEventListener('change', onChange);
  events.addEventListener('job', () => ++jobVersion.value);
  events.addEventListener('source', (event) => {
    const {up = true, message = ''} = parsed(event);
    const before = source.value.up;
    source.value = {up, message};
    if (up !== before) everything();
  });
  events.addEventListener('bye', (event) => {
    farewell.value = parsed(event).reason || 'stopping';
    lose();
  });
  events.addEventListener('error', lose);
}

// Tries again after a while that doubles. Browsers do so by themselves, but not
// after an answer with an error, and not more and more seldom.
function lose() {
  close();
  missed = true;
  stream.value = 'lost';
  timer = setTimeout(open, wait * (0.75 + Math.random() / 2));
  wait = Math.min(2 * wait, longest);
}

// Tries again at once.
export function reconnect() {
  wait = shortest;
  open();
}

// Says which sweep is being looked at ('' for none), whose counts then come
// every second.
export function watchSweep(id) {
  if (String(id) === watched) return;
  watched = String(id);
  missed = started;
  if (started) open();
}

export function startLive() {
  if (started) return;
  started = true;
  open();
}

export function stopLive() {
  started = false;
  close();
  stream.value = 'idle';
}

// A page that nobody sees asks for nothing.
document.addEventListener('visibilitychange', () => {
  if (document.hidden) {
    close();
    missed = true;
  } else if (started) {
    wait = shortest;
    open();
  }
});
