// Answers of the program as values that views draw, kept up to date.
import {signal} from '@preact/signals';
import {useEffect, useMemo} from 'preact/hooks';
import {get} from './api.js';
import {hold, release} from './held.js';
import {signIn} from './session.js';
import {jobVersion} from './live.js';

const leastPause = 1000; // Between two requests for the same because of events.
const jobPause = 500;

// An answer that is asked for again when one of its signals moves. `state` is
// {data, error, loading, old}: `old` says that the data answer an earlier question.
export class Resource {
  constructor() {
    this.state = signal({data: null, error: null, loading: false, old: false});
    this.path = null;
    this.last = null;
    this.timer = 0;
    this.abort = null;
    this.asked = 0;
    this.again = false;
  }

  // Asks another question; the data of the last one stay until its answer is there.
  show(path) {
    if (path === this.path) return;
    this.path = path;
    this.last = null;
    this.stop();
    if (path === null) {
      this.state.value = {data: null, error: null, loading: false, old: false};
      return;
    }
    this.state.value = {...this.state.value, error: null, loading: true, old: this.state.value.data !== null};
    this.load();
  }

  // Asks the same again, soon: many events make one request.
  refresh(pause = leastPause) {
    if (this.path === null || this.timer) return;
    if (this.abort) {
      this.again = true;
      return;
    }
    const rest = Math.max(0, this.asked + pause - Date.now());
    this.timer = setTimeout(() => {
      this.timer = 0;
      this.load();
    }, rest);
  }

  async load({anew = false} = {}) {
    if (document.hidden) return; // The stream of events asks for all when it is back.
    const path = this.path;
    const abort = new AbortController();
    this.abort = abort;
    this.asked = Date.now();
    let when = {age: 0, next: null};
    try {
      const answer = await get(path, {last: this.last, signal: abort.signal, anew, when: (said) => (when = said)});
      if (this.abort !== abort) return;
      this.abort = null;
      this.last = answer;
      const {data} = answer;
      if (data !== this.state.value.data || this.state.value.error || this.state.value.loading) {
        this.state.value = {data, error: null, loading: false, old: false};
      }
      const done = data?.done ?? data?.header?.done ?? 1;
      if (done < 1) this.refresh(jobPause);
      hold(this, when, () => this.refresh(0), () => this.abort || this.load({anew: true}));
    } catch (error) {
      if (this.abort !== abort) return;
      this.abort = null;
      if (error.status === 401) signIn();
      this.state.value = {...this.state.value, error, loading: false};
    }
    if (this.again) {
      this.again = false;
      this.refresh();
    }
  }

  stop() {
    release(this);
    clearTimeout(this.timer);
    this.timer = 0;
    this.abort?.abort();
    this.abort = null;
    this.again = false;
  }
}

// Returns the state of the resource at `path` (null: none). `versions` are
// signals; when one moves, the program is asked again.
export function useResource(path, versions = []) {
  const resource = useMemo(() => new Resource(), []);
  useEffect(() => resource.show(path), [path]);
  useEffect(() => () => {
    resource.stop();
    resource.path = null;
  }, []);
  useEffect(() => {
    const ends = [...versions, jobVersion].map((version) => {
      let first = true;
      return version.subscribe(() => {
        if (!first) {
          const done = resource.state.value.data?.done ?? resource.state.value.data?.header?.done ?? 1;
          if (version !== jobVersion || done < 1) resource.refresh();
        }
        first = false;
      });
    });
    return () => ends.forEach((end) => end());
  }, versions);
  return {...resource.state.value, retry: () => resource.refresh(0)};
}
