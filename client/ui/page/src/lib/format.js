// Numbers and times as people read them. Pure.

const grouped = new Intl.NumberFormat('en-US', {maximumFractionDigits: 0});
export const nothing = '–';

// Returns the number behind a JSON value: numbers that are not finite come as text.
export function toNumber(value) {
  if (typeof value === 'number') return value;
  if (value === 'nan') return NaN;
  if (value === 'inf') return Infinity;
  if (value === '-inf') return -Infinity;
  return null;
}

// Returns a count with its thousands apart: "1,000,000".
export function count(value) {
  const number = toNumber(value);
  if (number === null) return nothing;
  return Number.isFinite(number) ? grouped.format(number) : special(number);
}

function special(number) {
  if (Number.isNaN(number)) return 'NaN';
  return number > 0 ? '∞' : '−∞';
}

// Returns a value with `digits` significant digits: "0.01234", "1.234e-5". Whole
// numbers that are not huge keep all of their digits.
export function number(value, digits = 4) {
  const x = toNumber(value);
  if (x === null) return nothing;
  if (!Number.isFinite(x)) return special(x);
  if (x === 0) return '0';
  const size = Math.abs(x);
  if (Number.isInteger(x) && size < 1e7) return size < 1e4 ? String(x) : grouped.format(x);
  if (size >= 1e-3 && size < 1e5) return String(Number(x.toPrecision(digits)));
  const [mantissa, exponent] = x.toExponential(digits - 1).split('e');
  return `${Number(mantissa)}e${exponent.replace('+', '')}`;
}

// Returns the value in full, for titles and copies.
export function exact(value) {
  const x = toNumber(value);
  if (x === null) return '';
  return Number.isFinite(x) ? String(x) : special(x);
}

// Returns "1.2 k", "34 M": for rates, where the order of magnitude counts.
export function short(value) {
  const x = toNumber(value);
  if (x === null) return nothing;
  if (!Number.isFinite(x)) return special(x);
  const steps = [[1e12, 'T'], [1e9, 'G'], [1e6, 'M'], [1e4, 'k']];
  for (const [size, letter] of steps) {
    if (Math.abs(x) >= size) {
      const scaled = letter === 'k' ? x / 1e3 : x / size;
      return `${Number(scaled.toPrecision(3))} ${letter}`;
    }
  }
  return String(Number(x.toPrecision(3)));
}

export function rate(value, what = 'trials') {
  if (toNumber(value) === null) return nothing;
  return `${short(value)} ${what}/s`;
}

export function percent(share) {
  const x = toNumber(share);
  if (x === null) return nothing;
  if (!Number.isFinite(x)) return special(x);
  const value = 100 * x;
  // 99.96 % is not done, and 0.04 % has begun.
  if (value > 99 && value < 100) return `${Math.floor(value * 10) / 10} %`;
  if (value > 0 && value < 0.1) return '< 0.1 %';
  return `${value < 10 ? Math.round(value * 10) / 10 : Math.round(value)} %`;
}

// Returns a length of time in its two largest units: "3 min 20 s".
export function duration(seconds) {
  const x = toNumber(seconds);
  if (x === null) return nothing;
  if (!Number.isFinite(x)) return special(x);
  if (x < 0) return `-${duration(-x)}`;
  if (x === 0) return '0 s';
  if (x < 1e-3) return `${Number((x * 1e6).toPrecision(2))} µs`;
  if (x < 1) return `${Number((x * 1e3).toPrecision(2))} ms`;
  if (x < 9.95) return `${Number(x.toPrecision(2))} s`;
  const whole = Math.round(x);
  const units = [[86400, 'd'], [3600, 'h'], [60, 'min'], [1, 's']];
  const first = units.findIndex(([size]) => whole >= size);
  const [size, name] = units[first];
  const text = `${Math.floor(whole / size)} ${name}`;
  if (first === units.length - 1) return text;
  const [smaller, smallerName] = units[first + 1];
  const rest = Math.floor((whole % size) / smaller);
  return rest ? `${text} ${rest} ${smallerName}` : text;
}

// Returns how long ago a time was, or in how long it will be.
export function ago(time, now) {
  const then = Date.parse(time);
  if (Number.isNaN(then)) return nothing;
  const seconds = (now - then) / 1000;
  if (Math.abs(seconds) < 10) return 'just now';
  const units = [[31557600, 'year'], [2629800, 'month'], [86400, 'day'], [3600, 'h'], [60, 'min'], [1, 's']];
  const [size, name] = units.find(([length]) => Math.abs(seconds) >= length);
  const amount = Math.floor(Math.abs(seconds) / size);
  const plural = amount > 1 && /^(year|month|day)$/.test(name) ? 's' : '';
  return seconds > 0 ? `${amount} ${name}${plural} ago` : `in ${amount} ${name}${plural}`;
}

// Returns a time as the clock on this desk has it: "2026-11-30 09:15:02 UTC+1".
export function stamp(time) {
  const date = new Date(time);
  if (Number.isNaN(date.getTime())) return nothing;
  const two = (x) => String(x).padStart(2, '0');
  const offset = -date.getTimezoneOffset();
  const zone = `UTC${offset === 0 ? '' : `${offset > 0 ? '+' : '-'}${Math.floor(Math.abs(offset) / 60)}`}` +
    `${offset % 60 ? `:${two(Math.abs(offset) % 60)}` : ''}`;
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())} ` +
    `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())} ${zone}`;
}

export function bytes(value) {
  const x = toNumber(value);
  if (x === null) return nothing;
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let size = x;
  let unit = 0;
  while (size >= 1024 && unit < units.length - 1) {
    size /= 1024;
    ++unit;
  }
  return `${unit === 0 ? size : Number(size.toPrecision(3))} ${units[unit]}`;
}

// Returns a value of an axis: words as they are, numbers short.
export function axisValue(value) {
  return typeof value === 'number' ? number(value) : String(value ?? nothing);
}
