// Made-up answers to the routes under /api.
const start = Date.now();
const depths = [1, 2, 3, 5];
const rates = Array.from({length: 12}, (_, i) => Number((10 ** (-4 + i * 0.4)).toPrecision(3)));
const seeds = Array.from({length: 25}, (_, i) => i);
const axes = [
  {name: 'depth', label: 'depth', kind: 'number', values: depths, count: 4, log: false},
  {name: 'learning_rate', label: 'learning rate', kind: 'number', values: rates, count: 12, log: true},
  {name: 'optimizer', label: 'optimizer', kind: 'word', values: ['gd', 'adagrad', 'adam'], count: 3, log: false},
  {name: 'seed', label: 'seed', kind: 'number', values: seeds, count: 25, log: false},
];
const size = 4 * 12 * 3 * 25;
const metrics = [{name: 'loss', label: 'loss', log: true}, {name: 'gradient_norm', label: 'gradient norm', log: true}];

function sweep(id, name, state, trials, share, more = {}) {
  const done = Math.round(trials * share);
  const diverged = Math.round(done * 0.11);
  const leased = state === 'running' ? Math.min(8, trials - done) : 0;
  return {id, name, title: '', state, paused: false, interrupted: false, unreadable: '', owner: 'ada', priority: 0, weight: 1,
    created: new Date(start - id * 37e5).toISOString(), ended: state === 'running' ? null : new Date(start - id * 30e5).toISOString(), trials,
    counts: {pending: trials - done - leased, leased, succeeded: done - diverged, diverged, stopped: 0, failed: id % 3 === 0 ? 2 : 0, cancelled: 0},
    fraction: share, rate: state === 'running' ? 1234.5 : null, eta_s: state === 'running' ? (trials - done) / 1234.5 : null, ...more};
}

function sweeps() {
  const passed = (Date.now() - start) / 1000;
  const names = ['depth-accelerates', 'mnist-depth', 'momentum', 'adagrad-vs-depth', 'warm-up', 'edge-of-stability', 'init-scale'];
  const list = [sweep(3, 'lp-regression', 'running', size, Math.min(1, 0.31 + passed / 600), {title: 'Does depth accelerate l_p regression?', owner: ''}),
    sweep(2, '<b>evil</b>\u202etxt.exe\u001b[31m', 'running', 1000000, 0.0731, {paused: true}),
    sweep(1, 'quickstart', 'completed', 48, 1)];
  for (let id = 4; id < 40; ++id) list.unshift(sweep(id, `${names[id % 7]}-${id}`, id % 9 === 5 ? 'cancelled' : 'completed', 10 ** (id % 5 + 2), id % 9 === 5 ? 0.4 : 1));
  list.find(({id}) => id === 30).interrupted = true;
  Object.assign(list.find(({id}) => id === 30), {state: 'running', rate: 0, eta_s: null});
  return list.sort((a, b) => b.id - a.id);
}

function parameters(n) {
  return {depth: depths[n % 4], learning_rate: rates[Math.floor(n / 4) % 12], optimizer: ['gd', 'adagrad', 'adam'][Math.floor(n / 48) % 3], seed: Math.floor(n / 144) % 25};
}
const noise = (n, k) => { const x = Math.sin(n * 12.9898 + k * 78.233) * 43758.5453; return x - Math.floor(x); };

// Returns the curve of a trial: steps, values, state and where it ended.
function curve(n) {
  const p = parameters(n);
  const limit = 0.6 / p.depth * (p.optimizer === 'gd' ? 1 : 2);
  const diverges = p.learning_rate > limit;
  const steps = [];
  const values = [];
  for (let k = 0; k < 200; ++k) {
    const step = k < 20 ? k : Math.round(20 * 10 ** ((k - 20) / 180 * 2.3));
    if (steps.at(-1) === step) continue;
    const fast = p.learning_rate * p.depth ** 1.3;
    const value = diverges ? 0.5 * 1.4 ** step : 1e-7 * p.depth + 0.8 / (1 + (fast * step) ** (1 + 0.3 * p.depth)) * (1 + 0.05 * noise(n, 1));
    steps.push(step);
    values.push(value);
    if (diverges && value > 1e6) break;
  }
  const state = diverges ? 2 : n % 311 === 17 ? 4 : n > size * 0.97 ? 0 : 1;
  return {steps, values, state, end: steps.at(-1), final: diverges ? Infinity : values.at(-1), best: Math.min(...values)};
}
const words = ['leased', 'succeeded', 'diverged', 'stopped', 'failed', 'cancelled'];
const json = (x) => (Number.isFinite(x) ? x : Number.isNaN(x) ? 'nan' : x > 0 ? 'inf' : '-inf');

export function columns(header, data) {
  header.columns = Object.entries(data).map(([name, array]) => ({name, type: {Float64Array: 'f64', Int32Array: 'i32', Uint32Array: 'u32', Uint8Array: 'u8'}[array.constructor.name], length: array.length}));
  let text = JSON.stringify(header);
  let head = Buffer.from(text);
  while ((4 + head.length) % 8) head = Buffer.concat([head, Buffer.from(' ')]);
  const length = Buffer.alloc(4);
  length.writeUInt32LE(head.length);
  const parts = [length, head];
  for (const array of Object.values(data)) {
    parts.push(Buffer.from(array.buffer, array.byteOffset, array.byteLength), Buffer.alloc((8 - array.byteLength % 8) % 8));
  }
  return {type: 'application/vnd.fathom.columns', bytes: Buffer.concat(parts)};
}

function chosen(url) {
  const conditions = url.searchParams.getAll('where').map((text) => {
    const [axis, rest] = [text.slice(0, text.indexOf(':')), text.slice(text.indexOf(':') + 1)];
    if (rest.includes('..')) {
      const [low, high] = rest.split('..');
      return (n) => { const v = fieldOf(n, axis); return v >= (low === '' ? -Infinity : +low) && v <= (high === '' ? Infinity : +high); };
    }
    const values = rest.split('|').map(decodeURIComponent);
    return (n) => values.includes(String(fieldOf(n, axis)));
  });
  const found = [];
  for (let n = 0; n < size; ++n) if (conditions.every((holds) => holds(n))) found.push(n);
  return found;
}

function fieldOf(n, name) {
  const p = parameters(n);
  if (name in p) return p[name];
  const c = curve(n);
  return {trial: n, state: words[c.state], final_loss: c.final, best_loss: c.best, steps: c.end, seconds: c.end * 1e-4 * (1 + noise(n, 3))}[name];
}

function curvesOf(url) {
  const all = chosen(url);
  const limit = Number(url.searchParams.get('limit') ?? 2000);
  const every = Math.max(1, all.length / limit);
  const shown = Array.from({length: Math.min(limit, all.length)}, (_, i) => all[Math.floor(i * every)]);
  const by = url.searchParams.get('by') ?? '';
  const axis = axes.find(({name}) => name === by);
  const start_ = [0];
  const step = [];
  const value = [];
  const states = [];
  const ends = [];
  for (const n of shown) {
    const c = curve(n);
    step.push(...c.steps);
    value.push(...c.values);
    start_.push(step.length);
    states.push(c.state);
    ends.push(c.end);
  }
  return columns({metric: url.searchParams.get('metric') ?? 'loss', by, matching: all.length, shown: shown.length, groups: (axis?.values ?? []).map((v) => ({label: String(v), value: v})), done: 1},
    {trial: Float64Array.from(shown), group: Int32Array.from(shown, (n) => (axis ? axis.values.indexOf(parameters(n)[by]) : -1)), state: Uint8Array.from(states),
      start: Int32Array.from(start_), end_step: Float64Array.from(ends), step: Float64Array.from(step), value: Float64Array.from(value)});
}

const trialColumns = [['trial', 'number'], ['state', 'text'], ...axes.map((a) => [a.name, a.kind === 'word' ? 'text' : 'number']),
  ['final_loss', 'number'], ['best_loss', 'number'], ['steps', 'number'], ['seconds', 'number']];

function trialsOf(url) {
  const q = url.searchParams;
  const limit = Number(q.get('limit') ?? 200);
  const sort = q.get('sort') ?? 'trial';
  const all = chosen(url);
  if (sort !== 'trial') all.sort((a, b) => { const x = fieldOf(a, sort); const y = fieldOf(b, sort); return x < y ? -1 : x > y ? 1 : a - b; });
  if (q.get('order') === 'desc') all.reverse();
  let from = Number(q.get('after') ?? 0);
  if (q.has('at')) from = all.findIndex((n) => n >= Number(q.get('at')));
  const rows = all.slice(from, from + limit).map((n) => trialColumns.map(([name]) => { const v = fieldOf(n, name); return typeof v === 'number' ? json(v) : v; }));
  return {columns: trialColumns.map(([name, kind]) => ({name, label: name.replaceAll('_', ' '), kind})), rows, next: from + limit < all.length ? String(from + limit) : null, total: all.length, total_is_bound: false};
}

function trialOf(id, n) {
  const c = curve(n);
  return {trial: n, state: words[c.state], parameters: parameters(n), spec: {model: {family: 'LINEAR', depth: parameters(n).depth}, optimizer: {name: parameters(n).optimizer}},
    result: {final_loss: json(c.final), best_loss: json(c.best), best_step: c.end, steps: c.end, seconds: 0.0213}, attempts: [
      {attempt: 1, worker: 'w1', host: 'node-07', start: new Date(start - 9e5).toISOString(), end: new Date(start - 8e5).toISOString(), outcome: 'lost', numerics: 'avx512-2'},
      {attempt: 2, worker: 'w2', host: 'node-11', start: new Date(start - 7e5).toISOString(), end: new Date(start - 6.9e5).toISOString(), outcome: 'returned', numerics: 'avx512-2'}],
    events: [{time: new Date(start - 8e5).toISOString(), kind: 'lease_lost', text: 'the worker has not been heard of for 30 s'}], checkpoint: null, error: c.state === 4 ? 'the data of this trial do not fit in 2 GiB' : '',
    commands: {run: `fathom run ${id}/${n} --db lab.db`, explain: `fathom explain ${id}/${n} --db lab.db`}, why: ['It diverged at step 17: the loss grew by 1.4 a step.', 'The stable rate at this depth is 0.3; the trial has 0.631.']};
}

function workers() {
  return {workers: Array.from({length: 7}, (_, i) => ({name: `lab-${i}`, session: 4000 + i, host: `node-${i}.lab`, slots: 8, connected: i !== 5, draining: i === 3, leased: i === 5 ? 0 : 6 + i % 3, finished: 12034 * (i + 1), silence_s: i === 5 ? 95 : 0.4,
    rate: i === 5 ? 0 : 170 + 10 * i, busy: i === 5 ? 0 : 0.93, peak_share: i === 6 ? null : 0.41, version: '0.1.0', numerics: 'avx512-2', declined: i === 4 ? [{sweep: 2, reason: 'needs 40 GiB of memory; this worker has 16'}] : [], started: new Date(start - 86e5 * i).toISOString()})), note: ''};
}

const schema = {tables: [
  {name: 'sweep_overview', kind: 'view', doc: 'A row for each sweep.', columns: ['sweep', 'name', 'state', 'trials', 'pending', 'succeeded', 'diverged'].map((name) => ({name, type: '', doc: `The ${name} of the sweep.`}))},
  {name: 'results', kind: 'view', doc: 'A row for each trial that was begun.', columns: ['sweep', 'trial', 'state', 'depth', 'lp', 'learning_rate', 'seed', 'final_loss', 'best_loss', 'steps', 'seconds'].map((name) => ({name, type: '', doc: ''}))},
  {name: 'metric_points', kind: 'view', doc: 'A row for each recorded value.', columns: ['sweep', 'trial', 'metric', 'step', 'value'].map((name) => ({name, type: '', doc: ''}))},
  {name: 'trials', kind: 'table', doc: '', columns: [{name: 'sweep_id', type: 'INTEGER', doc: ''}]}],
examples: [{title: 'Best learning rate per depth', sql: 'SELECT depth, learning_rate, min(final_loss) AS loss\nFROM results WHERE sweep=3 AND state=\'succeeded\'\nGROUP BY depth'},
  {title: 'How many trials diverged', sql: 'SELECT depth, learning_rate, avg(state=\'diverged\') AS share\nFROM results GROUP BY depth, learning_rate'}]};

function query(text) {
  const {sql} = JSON.parse(text);
  if (/los\b/.test(sql)) return {status: 400, json: {error: {code: 'INVALID_ARGUMENT', message: 'no such column: los (line 1, column 8)', hint: 'Did you mean "loss"?'}}};
  const rows = chosen(new URL('http://x/')).slice(0, 2000).map((n) => { const c = curve(n); const p = parameters(n); return [n, p.depth, p.learning_rate, p.optimizer, words[c.state], json(c.final)]; });
  return {json: {columns: ['trial', 'depth', 'learning_rate', 'optimizer', 'state', 'loss'], rows, truncated: true, seconds: 0.0123}};
}

export function answers(kind, loggedIn, method, url, body, headers) {
  const path = url.pathname.slice(5).split('/');
  const q = url.searchParams;
  if (path[0] === 'caller') {
    if (!loggedIn) return {json: {login: true, version: '0.1.0'}};
    return {json: {login: kind === 'login', name: kind === 'login' ? 'ada' : '', role: kind === 'login' ? 'submit' : '', may_change: kind !== 'empty', source: kind === 'empty' ? {kind: 'file', name: 'lab.db'} : {kind: 'server', name: 'lab:7373'}, version: '0.1.0', page: 'x'}};
  }
  if (!loggedIn) return {status: 401, json: {error: {code: 'UNAUTHENTICATED', message: 'log in first'}}};
  if (kind === 'error') return {status: 503, json: {error: {code: 'UNAVAILABLE', message: 'lab.db: database disk image is malformed (page 17)', hint: 'Try fathom check lab.db'}}};
  const empty = kind === 'empty';
  if (path[0] === 'sweeps' && path.length === 1) {
    const list = sweeps().filter((s) => (!q.get('state') || s.state === q.get('state')) && (!q.get('name') || s.name.includes(q.get('name'))));
    return {json: {sweeps: empty ? [] : list, next: null}};
  }
  if (path[0] === 'sweeps') {
    const found = sweeps().find(({id}) => String(id) === path[1]);
    if (!found) return {status: 404, json: {error: {code: 'NOT_FOUND', message: `there is no sweep ${path[1]}`, hint: 'fathom list shows which there are.'}}};
    if (path.length === 2) {
      return {json: {...found, spec: {}, spec_yaml: 'name: lp-regression\naxes:\n  depth: [1, 2, 3, 5]\n  learning_rate: {log: [1e-4, 1], count: 12}\n  seed: 25\n', axes, metrics, fingerprint: '9f86d081884c7d65', numerics: ['avx512-2'], goals: [1e-2, 1e-4],
        events: [{time: new Date(start - 5e5).toISOString(), kind: 'created', text: 'sweep created by ada'}]}};
    }
    if (path[2] === 'trials' && path.length === 3) return {json: empty ? {...trialsOf(url), rows: [], next: null, total: 0} : trialsOf(url)};
    if (path[2] === 'trials' && path.length === 4) return {json: trialOf(found.id, Number(path[3]))};
    if (path[2] === 'trials') {
      const c = curve(Number(path[3]));
      return columns({metrics}, {step: Float64Array.from(c.steps), loss: Float64Array.from(c.values), gradient_norm: Float64Array.from(c.values, (v) => Math.sqrt(v) * 2)});
    }
    if (path[2] === 'curves') return curvesOf(url);
    if (path[2] === 'why') return {json: {lines: ['Limited by the mathematics: all 56 slots are busy.', '12,000 trials are left at 1,234 a second.'], eta_s: 9.7}};
    if (method === 'POST') return {json: found};
  }
  if (path[0] === 'workers') return {json: empty ? {workers: [], note: 'A ledger file has no workers: they are known to a running coordinator.'} : workers()};
  if (path[0] === 'schema') return {json: schema};
  if (path[0] === 'query') return query(body);
  if (path[0] === 'compare') {
    const rows = depths.map((d) => ({label: `depth ${d}`, a: {mean: 1e-3 / d, sem: 1e-4, n: 25}, b: {mean: 8e-4 / d, sem: 9e-5, n: 25}, difference: {value: -2e-4 / d, low: -3e-4 / d, high: -1e-4 / d}, ratio: {value: 0.8, low: 0.7, high: 0.92}}));
    return {json: {rows, notes: ['Averages over 25 seeds; intervals hold 95 % of what a repetition would give.'], done: 1}};
  }
  return {status: 404, json: {error: {code: 'NOT_FOUND', message: `no answer for ${url.pathname}`}}};
}
