// The filter of a sweep's views, as it stands in the address: `where=AXIS:VALUE|VALUE`
// or `where=AXIS:LOW..HIGH`, as often as there are axes; all must hold. Pure.

// A condition is {axis, values: [text]} or {axis, low, high} with numbers, where
// low or high may be -Infinity or Infinity.

const escape = (value) => encodeURIComponent(value).replaceAll('..', '%2E%2E');

function bound(text, open) {
  if (text === '') return open;
  const value = Number(text);
  return Number.isNaN(value) ? null : value;
}

// Returns the condition that a text says, or null when it says none.
export function parseCondition(text) {
  const colon = text.indexOf(':');
  if (colon < 1) return null;
  const axis = text.slice(0, colon);
  const rest = text.slice(colon + 1);
  const dots = rest.indexOf('..');
  if (dots >= 0 && !rest.includes('|')) {
    const low = bound(rest.slice(0, dots), -Infinity);
    const high = bound(rest.slice(dots + 2), Infinity);
    return low === null || high === null ? null : {axis, low, high};
  }
  try {
    return {axis, values: rest.split('|').map(decodeURIComponent)};
  } catch {
    return null;
  }
}

export function formatCondition(condition) {
  if (condition.values) return `${condition.axis}:${condition.values.map(escape).join('|')}`;
  const side = (value) => (Number.isFinite(value) ? String(value) : '');
  return `${condition.axis}:${side(condition.low)}..${side(condition.high)}`;
}

// Returns the conditions of a query (URLSearchParams). Of two on the same axis the
// last counts.
export function readFilter(query) {
  const byAxis = new Map();
  for (const text of query.getAll('where')) {
    const condition = parseCondition(text);
    if (condition) byAxis.set(condition.axis, condition);
  }
  return [...byAxis.values()];
}

// Returns what `where` is to be in an address: for withQuery({where}) and address().
export function writeFilter(filter) {
  return filter.map(formatCondition);
}

export function conditionOn(filter, axis) {
  return filter.find((condition) => condition.axis === axis) ?? null;
}

export function without(filter, axis) {
  return filter.filter((condition) => condition.axis !== axis);
}

// Returns the filter with these values of an axis; none takes the condition out.
export function withValues(filter, axis, values) {
  if (values.length === 0) return without(filter, axis);
  return replaced(filter, {axis, values: values.map(String)});
}

export function toggled(filter, axis, value) {
  const values = conditionOn(filter, axis)?.values ?? [];
  const text = String(value);
  return withValues(filter, axis, values.includes(text) ? values.filter((one) => one !== text) : [...values, text]);
}

// Returns the filter with a range of an axis; an infinite bound is open.
export function withRange(filter, axis, low, high) {
  if (!Number.isFinite(low) && !Number.isFinite(high)) return without(filter, axis);
  return replaced(filter, {axis, low, high});
}

function replaced(filter, condition) {
  const at = filter.findIndex(({axis}) => axis === condition.axis);
  if (at < 0) return [...filter, condition];
  return filter.map((one, i) => (i === at ? condition : one));
}

// Whether a value of an axis passes the filter.
export function passes(filter, axis, value) {
  const condition = conditionOn(filter, axis);
  if (!condition) return true;
  if (condition.values) return condition.values.includes(String(value));
  return typeof value === 'number' && value >= condition.low && value <= condition.high;
}
