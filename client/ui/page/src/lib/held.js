// What the page shows although something newer is known to exist: watching costs a
// coordinator little, because it is asked again only after a while that fits the
// cost of the answer.
import {computed, signal} from '@preact/signals';

const longest = 3600_000; // Of a timer.
const behind = 100; // After the time that was named, so that it has surely come.

const all = signal(new Map()); // Who shows it -> {since, timer, anew}.

// When the oldest of it was true, in milliseconds; null without any.
export const heldSince = computed(() => {
  const times = [...all.value.values()].map(({since}) => since);
  return times.length > 0 ? Math.min(...times) : null;
});

// Takes what came with an answer for `who`: {age, next} in seconds, `next` null for
// an answer of now. `again` is called when there is a newer one, `anew` when a
// person does not want to wait for that.
export function hold(who, {age, next}, again, anew) {
  release(who);
  if (next === null) return;
  const timer = setTimeout(again, Math.min(longest, 1000 * next + behind));
  all.value = new Map(all.value).set(who, {since: Date.now() - 1000 * age, timer, anew});
}

export function release(who) {
  const known = all.value.get(who);
  if (!known) return;
  clearTimeout(known.timer);
  const rest = new Map(all.value);
  rest.delete(who);
  all.value = rest;
}

// Asks for all of it at once.
export function askNow() {
  for (const {anew} of all.value.values()) anew();
}
