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
    asked.push({path, match: options.headers['If-None-Match']});
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
