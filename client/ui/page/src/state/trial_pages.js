// The trials of a sweep, a page at a time, as rows of a long table. Where all trials
// are listed by number, any page can be asked for; elsewhere a page is known by the
// one before it.
import {signal} from '@preact/signals';
import {address, get} from '../lib/api.js';
import {hold, release} from '../lib/held.js';

export const pageSize = 200;
const partPause = 700; // Before what was answered in part is asked for again.
const mostPages = 60; // That keep their rows: 12,000 rows.

export class TrialPages {
  // `base` is the path; `query` has sort, order and where; `trials` is how many the
  // sweep has; `from` is the trial to begin at.
  constructor(base, query, trials, from = null) {
    this.base = base;
    this.query = query;
    this.trials = trials;
    this.from = from;
    this.pages = new Map(); // Number of page -> {rows, next, etag, used, busy}.
    this.version = signal(0);
    this.columns = null;
    this.total = null;
    this.isBound = false;
    this.byNumber = false;
    this.error = null;
    this.done = 1; // Share of the trials that the answer takes into account.
    this.clock = 0;
    this.ended = false;
    this.seen = [0, pageSize];
    this.load(0);
  }

  // Number of rows that there are places for.
  get count() {
    if (this.byNumber) return this.trials;
    let count = 0;
    for (let page = 0; this.pages.get(page)?.size !== undefined; ++page) count += this.pages.get(page).size;
    return count;
  }

  get isWhole() {
    if (this.byNumber) return true;
    const last = this.pages.get(this.lastPage());
    return last !== undefined && last.next === null;
  }

  lastPage() {
    let page = 0;
    while (this.pages.get(page + 1)?.size !== undefined) ++page;
    return page;
  }

  row(i) {
    const [page, place] = this.find(i);
    return this.pages.get(page)?.rows?.[place] ?? null;
  }

  // Returns the page of row i and its place there. Pages that were cut short by the
  // program are shorter than others.
  find(i) {
    if (this.byNumber) return [Math.floor(i / pageSize), i % pageSize];
    let page = 0;
    let rest = i;
    for (let known = this.pages.get(0); known?.size !== undefined && rest >= known.size; known = this.pages.get(++page)) {
      rest -= known.size;
    }
    return [page, rest];
  }

  // Loads what rows [first, last) need, and the page behind them.
  want(first, last) {
    this.seen = [first, last];
    const [from, to] = this.span();
    for (let page = from; page <= to; ++page) this.need(page);
    if (!this.byNumber && last >= this.count) this.need(this.lastPage() + 1);
  }

  // The pages that are seen, from the first to the last.
  span() {
    const [first, last] = this.seen;
    return [this.find(first)[0], this.find(Math.max(first, last - 1))[0]];
  }

  need(page) {
    const known = this.pages.get(page);
    if (known) known.used = ++this.clock;
    // What has failed waits for somebody to ask again.
    if (!known?.rows && !known?.busy && !known?.failed) this.load(page);
  }

  // Asks again for what is seen; the rest is asked for when it is seen.
  refresh({anew = false} = {}) {
    const [from, to] = this.span();
    for (const [page, known] of this.pages) {
      known.failed = false;
      if (page < from || page > to) {
        if (this.byNumber) known.rows = null;
      } else if (!known.busy) {
        this.load(page, {anew});
      }
    }
  }

  pathOf(page) {
    if (this.byNumber) {
      const down = this.query.order === 'desc';
      const at = down ? Math.max(0, this.trials - (page + 1) * pageSize) : page * pageSize;
      const limit = down ? Math.min(pageSize, this.trials - page * pageSize) : pageSize;
      return address(this.base, {...this.query, order: 'asc', at, limit});
    }
    const query = {...this.query, limit: pageSize};
    if (page === 0) return address(this.base, {...query, at: this.from});
    const before = this.pages.get(page - 1);
    return before?.next ? address(this.base, {...query, after: before.next}) : null;
  }

  async load(page, {anew = false} = {}) {
    const path = this.pathOf(page);
    if (path === null || this.ended) return;
    const known = this.pages.get(page) ?? {};
    this.pages.set(page, known);
    known.busy = true;
    known.failed = false;
    known.used = ++this.clock;
    try {
      let when = {age: 0, next: null};
      const last = known.path === path ? known.answer : null;
      const answer = await get(path, {last, anew, when: (said) => (when = said)});
      if (this.ended) return;
      hold(this, when, () => this.refresh(), () => this.refresh({anew: true}));
      this.error = null;
      if (known.answer !== answer || !known.rows) this.take(page, known, path, answer);
    } catch (error) {
      this.error = error;
      known.failed = true;
    }
    known.busy = false;
    if (!this.ended) ++this.version.value;
  }

  take(page, known, path, answer) {
    const {columns, rows, next, total, total_is_bound: isBound} = answer.data;
    this.columns ??= columns;
    if (page === 0) {
      this.total = total;
      this.isBound = Boolean(isBound);
      const listed = total !== null && !isBound && total === this.trials;
      if (this.query.sort === 'trial' && this.query.where.length === 0 && this.from === null && listed) this.byNumber = true;
    }
    this.done = answer.data.done ?? 1;
    if (this.done < 1) setTimeout(() => this.ended || this.load(page), partPause);
    Object.assign(known, {path, answer, next, size: rows.length, rows: this.byNumber ? this.placed(page, rows) : rows});
    this.forget(page);
  }

  // Puts rows where their numbers belong; what is missing in between is not there yet.
  placed(page, rows) {
    const at = this.columns.findIndex(({name}) => name === 'trial');
    const down = this.query.order === 'desc';
    const size = Math.min(pageSize, this.trials - page * pageSize);
    const places = new Array(size).fill(null);
    for (const row of rows) {
      const place = (down ? this.trials - 1 - row[at] : row[at]) - page * pageSize;
      if (place >= 0 && place < size) places[place] = row;
    }
    return places;
  }

  forget(keep) {
    const full = [...this.pages].filter(([page, known]) => known.rows && page !== keep);
    if (full.length < mostPages) return;
    full.sort((a, b) => a[1].used - b[1].used);
    const [, oldest] = full[0];
    oldest.rows = null;
    oldest.answer = null;
  }

  end() {
    this.ended = true;
    release(this);
  }
}
