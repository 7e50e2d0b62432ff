import assert from 'node:assert/strict';
import {afterEach, beforeEach, mock, test} from 'node:test';

const page = new EventTarget();
page.hidden = false;
globalThis.document = page;
globalThis.location = new URL('http://127.0.0.1/sweeps/3?tab=best');
globalThis.addEventListener = () => {};
globalThis.scrollTo = () => {};
globalThis.history = {replaceState: (state, title, url) => (globalThis.location = new URL(url))};
const {Resource} = await import('../src/lib/resource.js');
const {askNow, heldSince} = await import('../src/lib/held.js');
const {place} = await import('../src/lib/router.js');

const settle = () => new Promise((done) => setImmediate(done));
const real = globalThis.fetch;
let asked;
let answer;
beforeEach(() => {
  asked = [];
  page.hidden = false;
  mock.timers.enable({apis: ['setTimeout', 'Date']});
  globalThis.fetch = async (path, options) => {
    asked.push({path, match: options.headers['If-None-Match'], anew: options.headers['X-Fathom-Anew']});
    return answer();
  };
});
afterEach(() => {
  mock.timers.reset();
  globalThis.fetch = real;
});
const json = (value, etag = '"1"') => new Response(JSON.stringify(value), {headers: {ETag: etag, 'Content-Type': 'application/json'}});

async function shown(path) {
  const resource = new Resource();
  resource.show(path);
  await settle();
  return resource;
}

test('many events make one request a second', async () => {
  answer = () => json({a: 1});
  const resource = await shown('/api/x');
  for (let i = 0; i < 20; ++i) resource.refresh();
  assert.equal(asked.length, 1);
  mock.timers.tick(1000);
  await settle();
  assert.equal(asked.length, 2);
});

test('an answer that has not changed is the very same object', async () => {
  answer = () => json({a: 1});
  const resource = await shown('/api/x');
  const before = resource.state.value.data;
  answer = () => new Response(null, {status: 304});
  resource.refresh(0);
  mock.timers.tick(1);
  await settle();
  assert.equal(asked[1].match, '"1"');
  assert.equal(resource.state.value.data, before);
});

test('another question keeps the old answer, marked, until its own is there', async () => {
  answer = () => json({a: 1});
  const resource = await shown('/api/x');
  answer = () => json({a: 2});
  resource.show('/api/y');
  assert.deepEqual([resource.state.value.data.a, resource.state.value.old], [1, true]);
  await settle();
  assert.deepEqual([resource.state.value.data.a, resource.state.value.old], [2, false]);
});

test('an answer in part is asked for again by itself', async () => {
  answer = () => json({done: 0.5});
  const resource = await shown('/api/x');
  answer = () => json({done: 1}, '"2"');
  mock.timers.tick(600);
  await settle();
  assert.equal(resource.state.value.data.done, 1);
  mock.timers.tick(60000);
  await settle();
  assert.equal(asked.length, 2);
});

test('an error stands beside what was there before, with the words of the program', async () => {
  answer = () => json({a: 1});
  const resource = await shown('/api/x');
  answer = () => new Response(JSON.stringify({error: {code: 'UNAVAILABLE', message: 'the ledger is gone', hint: 'put it back'}}), {status: 503});
  resource.refresh(0);
  mock.timers.tick(1);
  await settle();
  const {data, error} = resource.state.value;
  assert.deepEqual([data.a, error.status, error.message, error.hint], [1, 503, 'the ledger is gone', 'put it back']);
});

test('a page of another server that is no answer of ours has words, too', async () => {
  answer = () => new Response('<html>Bad gateway</html>', {status: 502});
  const resource = await shown('/api/x');
  assert.match(resource.state.value.error.message, /status 502/);
});

const held = (value, next, age = 3) => new Response(JSON.stringify(value),
  {headers: {ETag: '"1"', 'Content-Type': 'application/json', 'Fathom-Age': String(age), 'Fathom-Next': String(next)}});

test('what is held back says since when, and is asked for again in time', async () => {
  answer = () => held({a: 1}, 8);
  const resource = await shown('/api/x');
  assert.equal(heldSince.value, Date.now() - 3000);
  mock.timers.tick(7900);
  await settle();
  assert.equal(asked.length, 1);
  answer = () => json({a: 2}, '"2"');
  mock.timers.tick(300);
  await settle();
  assert.equal(asked.length, 2);
  assert.deepEqual([resource.state.value.data.a, heldSince.value], [2, null]);
});

test('a person need not wait for what is held back', async () => {
  answer = () => held({a: 1}, 600);
  const resource = await shown('/api/x');
  answer = () => json({a: 2}, '"2"');
  askNow();
  await settle();
  assert.deepEqual([asked.length, asked[1].anew, resource.state.value.data.a, heldSince.value], [2, '1', 2, null]);
  mock.timers.tick(700_000);
  await settle();
  assert.equal(asked.length, 2);
});

test('what is not shown any more is not held back', async () => {
  answer = () => held({a: 1}, 5);
  const resource = await shown('/api/x');
  resource.show(null);
  assert.equal(heldSince.value, null);
  mock.timers.tick(10_000);
  await settle();
  assert.equal(asked.length, 1);
});

test('a page that nobody sees asks for nothing', async () => {
  page.hidden = true;
  answer = () => json({a: 1});
  await shown('/api/x');
  assert.equal(asked.length, 0);
});

test('without a login the way leads to it, and back', async () => {
  answer = () => new Response(JSON.stringify({error: {code: 'UNAUTHENTICATED', message: 'log in'}}), {status: 401});
  await shown('/api/x');
  assert.equal(place.value.path, '/login');
  assert.equal(place.value.query.get('to'), '/sweeps/3?tab=best');
});
