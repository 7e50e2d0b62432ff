import assert from 'node:assert/strict';
import {beforeEach, mock, test} from 'node:test';

const page = new EventTarget();
page.hidden = false;
globalThis.document = page;
let streams = [];
globalThis.EventSource = class extends EventTarget {
  constructor(url) {
    super();
    this.url = url;
    this.isOpen = true;
    streams.push(this);
  }

  close() {
    this.isOpen = false;
  }

  say(type, data) {
    const event = new Event(type);
    event.data = JSON.stringify(data);
    this.dispatchEvent(event);
  }
};
mock.timers.enable({apis: ['setTimeout']});
const live = await import('../src/lib/live.js');
const opened = () => streams.filter(({isOpen}) => isOpen);

beforeEach(() => {
  live.stopLive();
  live.watchSweep('');
  streams = [];
  page.hidden = false;
});

function start() {
  live.startLive();
  streams.at(-1).say('open');
  return streams.at(-1);
}

test('an event moves the counters of what has changed, and no others', () => {
  const stream = start();
  const [three, four] = [live.sweepVersion(3), live.sweepVersion(4)];
  const before = [three.value, four.value, live.workersVersion.value];
  stream.say('change', {version: 1, sweeps: [3]});
  assert.deepEqual([three.value, four.value, live.workersVersion.value], [before[0] + 1, before[1], before[2]]);
  stream.say('change', {version: 2, workers: true});
  assert.equal(live.workersVersion.value, before[2] + 1);
});

test('a hidden page has no stream, and asks for everything when it is back', () => {
  start();
  page.hidden = true;
  page.dispatchEvent(new Event('visibilitychange'));
  assert.equal(opened().length, 0);
  const before = live.sweepsVersion.value;
  page.hidden = false;
  page.dispatchEvent(new Event('visibilitychange'));
  assert.equal(opened().length, 1);
  opened()[0].say('open');
  assert.equal(live.sweepsVersion.value, before + 1);
});

test('a stream that breaks is opened again after longer and longer', () => {
  start().say('error');
  assert.equal(live.stream.value, 'lost');
  const waits = [];
  for (let i = 0; i < 8; ++i) {
    let waited = 0;
    const count = streams.length;
    while (streams.length === count && waited < 60000) {
      mock.timers.tick(100);
      waited += 100;
    }
    waits.push(waited);
    streams.at(-1).say('error');
  }
  assert.ok(waits[0] <= 1000, waits);
  assert.ok(waits.at(-1) > 5000 && waits.at(-1) <= 20000, waits);
  mock.timers.tick(60000);
  streams.at(-1).say('open');
  assert.equal(live.stream.value, 'open');
  assert.equal(opened().length, 1);
});

test('there is one stream, for the sweep that is looked at', () => {
  start();
  live.watchSweep(7);
  live.watchSweep(7);
  assert.deepEqual(opened().map(({url}) => url), ['/api/events?sweep=7']);
});

test('a farewell is kept until somebody answers again', () => {
  const stream = start();
  stream.say('bye', {reason: 'stopping'});
  assert.equal(live.farewell.value, 'stopping');
  live.reconnect();
  streams.at(-1).say('open');
  assert.equal(live.farewell.value, '');
});

test('what is no JSON harms nothing', () => {
  const stream = start();
  const event = new Event('change');
  event.data = '{';
  stream.dispatchEvent(event);
  assert.equal(live.stream.value, 'open');
});
