import assert from 'node:assert/strict';
import {afterEach, mock, test} from 'node:test';
import {TrialPages} from '../src/state/trial_pages.js';

const columns = [{name: 'trial', label: 'trial', kind: 'number'}];
const settle = () => new Promise((done) => setImmediate(done));
const real = globalThis.fetch;
afterEach(() => {
  globalThis.fetch = real;
});

// Answers as the program does: `pick(query)` returns {rows, next, total}. Returns
// the paths that were asked for.
function answering(pick) {
  const asked = [];
  globalThis.fetch = async (path) => {
    asked.push(path);
    const answer = pick(new URL(path, 'http://x').searchParams);
    if (answer instanceof Error) throw answer;
    return new Response(JSON.stringify({columns, total_is_bound: false, ...answer}),
      {headers: {'Content-Type': 'application/json', ETag: `"${asked.length}"`}});
  };
  return asked;
}

const listed = (trials) => (query) => {
  const down = query.get('order') === 'desc';
  const at = Number(query.get('at') ?? (down ? trials - 1 : 0));
  const limit = Math.min(Number(query.get('limit')), down ? at + 1 : trials - at);
  return {rows: Array.from({length: limit}, (_, i) => [down ? at - i : at + i]), next: 'more', total: trials};
};

const made = (query, trials, from = null) => new TrialPages('/t', {sort: 'trial', order: 'asc', where: [], ...query}, trials, from);

test('where all trials are listed, any row can be asked for', async () => {
  const asked = answering(listed(1e6));
  const pages = made({}, 1e6);
  await settle();
  assert.equal(pages.count, 1e6);
  assert.equal(pages.row(5)[0], 5);
  pages.want(777000, 777030);
  await settle();
  assert.equal(pages.row(777001)[0], 777001);
  assert.equal(pages.row(500000), null);
  assert.equal(asked.length, 2);
  assert.match(asked[1], /at=777000/);
});

test('backwards, the last trial is the first row, also where pages do not end evenly', async () => {
  answering(listed(1050));
  const pages = made({order: 'desc'}, 1050);
  await settle();
  pages.want(0, 30);
  await settle();
  assert.equal(pages.row(0)[0], 1049);
  pages.want(1040, 1050);
  await settle();
  assert.equal(pages.row(1049)[0], 0);
  assert.equal(pages.row(1000)[0], 49);
});

test('trials that are missing in between leave their places empty', async () => {
  answering(() => ({rows: [[0], [2], [199]], next: 'more', total: 400}));
  const pages = made({}, 400);
  await settle();
  assert.deepEqual([pages.row(0), pages.row(1), pages.row(2), pages.row(199)], [[0], null, [2], [199]]);
});

test('elsewhere a page is known by the one before it, and may be short', async () => {
  const asked = answering((query) => {
    const after = query.get('after');
    if (after === null) return {rows: [[7], [3]], next: 'a', total: null};
    return after === 'a' ? {rows: [[9]], next: 'b', total: null} : {rows: [[1]], next: null, total: null};
  });
  const pages = made({sort: 'final_loss'}, 1e6);
  await settle();
  assert.equal(pages.count, 2);
  for (let i = 0; i < 3; ++i) {
    pages.want(0, pages.count);
    await settle();
  }
  assert.deepEqual([0, 1, 2, 3].map((i) => pages.row(i)[0]), [7, 3, 9, 1]);
  assert.ok(pages.isWhole);
  assert.equal(asked.length, 3);
});

test('a failure is told once and not asked again by itself', async () => {
  const asked = answering(() => new TypeError('network'));
  const pages = made({}, 10);
  await settle();
  assert.equal(pages.error.status, 0);
  pages.want(0, 10);
  pages.want(0, 10);
  await settle();
  assert.equal(asked.length, 1);
  pages.refresh();
  await settle();
  assert.equal(asked.length, 2);
});

test('rows far from what is seen are forgotten, and asked for again', async () => {
  const asked = answering(listed(1e6));
  const pages = made({}, 1e6);
  await settle();
  for (let page = 1; page < 200; ++page) {
    pages.want(page * 200, page * 200 + 10);
    await settle();
  }
  const kept = [...pages.pages.values()].filter(({rows}) => rows).length;
  assert.ok(kept <= 61, kept);
  const before = asked.length;
  pages.want(0, 10);
  await settle();
  assert.equal(asked.length, before + 1);
  assert.equal(pages.row(0)[0], 0);
});

test('what was answered in part is asked for again until it is whole', async () => {
  mock.timers.enable({apis: ['setTimeout']});
  let share = 0.25;
  const asked = answering(() => ({rows: [[1]], next: null, total: 1, done: share}));
  const pages = made({sort: 'final_loss'}, 10);
  await settle();
  assert.equal(pages.done, 0.25);
  share = 1;
  mock.timers.tick(1000);
  await settle();
  assert.equal(pages.done, 1);
  mock.timers.tick(10000);
  await settle();
  assert.equal(asked.length, 2);
  mock.timers.reset();
});
