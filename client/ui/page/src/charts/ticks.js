// Where axes have ticks and what stands beside them, in the manner of the pictures
// of `fathom plot`. Pure.

const longestPlain = 100000;
const digitsOf = [
  {decades: 1.2, digits: [1, 1.5, 2, 3, 5, 7]},
  {decades: 2.5, digits: [1, 2, 5]},
];

// Takes off what floating point adds: 0.30000000000000004.
const clean = (value) => Number(value.toPrecision(12));

// Returns the text of a value: "0.003", "2e-5", "1e15".
export function valueText(value) {
  if (value === 0) return '0';
  const size = Math.abs(value);
  if (size >= 1e-3 && size < 1e5) return String(clean(value));
  return clean(value).toExponential().replace('e+', 'e');
}

// Returns the text of a step; on an axis to a million, 300000 is "300k".
export function stepText(step, last) {
  if (last <= longestPlain || step === 0) return valueText(step);
  if (step % 1e6 === 0 && step < 1e9) return `${step / 1e6}M`;
  if (step >= 1e9) return valueText(step);
  return `${clean(step / 1000)}k`;
}

// Returns round numbers a round distance apart, at most `most` of them.
export function linearPlaces(low, high, most) {
  if (!(high > low) || !Number.isFinite(high - low)) return [low];
  const power = 10 ** Math.floor(Math.log10((high - low) / Math.max(1, most)));
  for (const digit of [1, 2, 5, 10, 20, 50]) {
    const distance = digit * power;
    const first = Math.ceil(low / distance - 1e-9);
    const count = Math.floor(high / distance + 1e-9) - first + 1;
    if (count > Math.max(2, most)) continue;
    return Array.from({length: count}, (_, i) => clean((first + i) * distance) + 0);
  }
  return [];
}

// Returns {major, minor}, both lists of numbers > 0 between low and high.
function logPlaces(low, high, most) {
  const decades = Math.log10(high / low);
  const stride = Math.max(1, Math.ceil(decades / Math.max(1, most)));
  const fits = (rule) => decades < rule.decades && rule.digits.length * decades <= most;
  const digits = digitsOf.find(fits)?.digits ?? [1];
  const major = [];
  const minor = [];
  const last = Math.ceil(Math.log10(high));
  for (let exponent = Math.floor(Math.log10(low)); exponent <= last; ++exponent) {
    const power = 10 ** exponent;
    if (stride === 1) {
      for (let digit = 1; digit < 10; ++digit) minor.push(clean(digit * power));
    } else {
      minor.push(clean(power));
    }
    if (exponent % stride !== 0) continue;
    for (const digit of digits) major.push(clean(digit * power));
  }
  const inside = (value) => value >= low * (1 - 1e-12) && value <= high * (1 + 1e-12);
  const shown = major.filter(inside);
  return {major: shown, minor: minor.filter((value) => inside(value) && !shown.includes(value))};
}

const named = (places, text) => places.map((value) => ({value, text: text(value)}));

// Returns {major: [{value, text}], minor: [value]} of an axis of values between
// low and high. Where a log axis spans so little that it has no round powers, its
// ticks are those of a linear one.
export function valueTicks({low, high, log, most}) {
  if (log && low > 0) {
    const {major, minor} = logPlaces(low, high, most);
    if (major.length >= 2) return {major: named(major, valueText), minor};
  }
  return {major: named(linearPlaces(low, high, most), valueText), minor: []};
}

// The same of an axis of steps. A log axis shows step s at log(s + 1), as the first
// step is 0; `low` and `high` are steps.
export function stepTicks({low, high, log, most}) {
  const text = (step) => stepText(step, high);
  const whole = (places) => places.filter((step) => step >= 0 && Number.isInteger(step));
  if (log && high > 10) {
    const from = Math.max(low, 0.5);
    const {major, minor} = logPlaces(from, high, most);
    const logText = (step) => (step <= longestPlain ? String(step) : valueText(step));
    const start = low <= 0 ? [0] : [];
    // Next to the tick of step 0 there is no room for those of 1, 2 and 5.
    const shown = whole(major).filter((step) => low > 0 || step >= 10);
    if (start.length + shown.length >= 2) {
      return {major: named([...start, ...shown], logText), minor: whole(minor).filter((step) => step > 0)};
    }
  }
  const places = whole(linearPlaces(Math.max(0, low), high, most));
  return {major: named(places, text), minor: []};
}

// Returns those ticks whose texts do not touch: `at` gives the pixel of what a tick
// has under `key`, `width` that of its text.
export function apart(ticks, at, width, gap = 6, key = 'value') {
  const kept = [];
  let end = -Infinity;
  for (const tick of [...ticks].sort((a, b) => at(a[key]) - at(b[key]))) {
    const half = width(tick.text) / 2;
    if (at(tick[key]) - half < end) continue;
    kept.push(tick);
    end = at(tick[key]) + half + gap;
  }
  return kept;
}

// Returns ticks with their places on a scale instead of values.
export function placed({major, minor}, scale) {
  return {
    major: major.map(({value, text}) => ({place: scale.place(value), text})),
    minor: minor.map((value) => scale.place(value)),
  };
}

// Returns the distance between shown labels, when `count` of them stand `size`
// pixels apart and each needs `needed` pixels: 1 shows all.
export function everyNth(count, size, needed) {
  if (count <= 1 || size <= 0) return 1;
  const least = Math.ceil(needed / size);
  for (let power = 1; ; power *= 10) {
    for (const digit of [1, 2, 5]) if (digit * power >= least) return digit * power;
  }
}
