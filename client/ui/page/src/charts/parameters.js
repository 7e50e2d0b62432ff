// The parameters of trials, asked for when somebody points at one for a moment.
import {get} from '../lib/api.js';
import {useEffect, useState} from '../lib/html.js';

const pause = 120;
const most = 500;
const known = new Map();

// Returns the parameters of a trial ({axis: value}), null until they are there.
export function useParameters(sweep, trial) {
  const key = trial === null ? null : `${sweep}/${trial}`;
  const [, arrived] = useState(null);
  useEffect(() => {
    if (key === null || known.has(key)) return undefined;
    const abort = new AbortController();
    const timer = setTimeout(async () => {
      try {
        const {data} = await get(`/api/sweeps/${sweep}/trials/${trial}`, {signal: abort.signal});
        if (known.size >= most) known.delete(known.keys().next().value);
        known.set(key, data.parameters ?? {});
        arrived(key);
      } catch {
        // Then the tip says less; the page of the trial tells what is wrong.
      }
    }, pause);
    return () => {
      clearTimeout(timer);
      abort.abort();
    };
  }, [key]);
  return key === null ? null : known.get(key) ?? null;
}
