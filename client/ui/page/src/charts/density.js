// How thousands of curves are spread: an answer of /density as a picture and as
// bands. Pure.

// Returns RGBA bytes of the counts, first row at the top, in shades of one colour:
// the logarithm of a count says how opaque it is, so that a single curve is still
// seen beside thousands.
export function densityImage(count, {width, height}, [r, g, b], strongest = 0.85) {
  const bytes = new Uint8ClampedArray(4 * width * height);
  let most = 0;
  for (const one of count) if (one > most) most = one;
  if (most === 0) return bytes;
  const whole = Math.log1p(most);
  const weakest = Math.min(0.1, strongest);
  for (let row = 0; row < height; ++row) {
    for (let column = 0; column < width; ++column) {
      const one = count[(height - 1 - row) * width + column];
      if (one === 0) continue;
      const at = 4 * (row * width + column);
      bytes[at] = r;
      bytes[at + 1] = g;
      bytes[at + 2] = b;
      bytes[at + 3] = 255 * (weakest + (strongest - weakest) * (Math.log1p(one) / whole));
    }
  }
  return bytes;
}

// The counts come in bins of steps and values as the program made them: even ones on
// linear axes, even in the logarithm on others, where step 0 is in the bin of step 1.
// Returns them as a picture that is even in places, whatever the axes of the page are:
// {counts, size: {width, height}, x, y: [from, to] in places}, or null when nothing of
// it can be shown.
export function pictureCounts({header: {x, y}, count}, {xScale, yScale}, size) {
  if (!count || !(x?.bins > 0) || !(y?.bins > 0) || count.length < x.bins * y.bins || !(x.high > 0)) return null;
  // On a log axis linear bins can be seen from the upper end of the lowest one on.
  const least = yScale.log && !(y.low > 0) ? y.low + (y.high - y.low) / y.bins : y.low;
  const across = [xScale.place(x.log && x.low <= 1 ? 0 : x.low), xScale.place(x.high)];
  const up = [yScale.place(least), yScale.place(y.high)];
  if (!up.every(Number.isFinite) || !(up[0] < up[1])) return null;
  const binOf = ({log, low, high, bins}, value) => {
    const share = log ? Math.log(value / low) / Math.log(high / low) : (value - low) / (high - low);
    return Math.min(bins - 1, Math.max(0, Math.floor(share * bins)));
  };
  const middle = ([from, to], i, all) => from + (to - from) * (i + 0.5) / all;
  const columns = Array.from({length: size.width}, (_, i) => {
    const step = xScale.data(middle(across, i, size.width));
    return binOf(x, x.log ? Math.max(step, x.low) : step);
  });
  const counts = new Uint32Array(size.width * size.height);
  for (let j = 0; j < size.height; ++j) {
    const row = binOf(y, yScale.data(middle(up, j, size.height)));
    for (let i = 0; i < size.width; ++i) counts[j * size.width + i] = count[row * x.bins + columns[i]];
  }
  return {counts, size, x: across, y: up};
}

export const quantiles = ['q05', 'q25', 'q50', 'q75', 'q95'];

// Returns what is drawn of each group, in places:
// [{index, label, trials, diverged, x, q05, ..., q95, divergedAt}].
export function bandsOf(answer, {xScale, yScale}) {
  const steps = answer.steps ?? new Float64Array();
  const x = Float64Array.from(steps, xScale.place);
  return (answer.header.groups ?? []).map((group, index) => {
    const band = {index, ...group, x};
    for (const name of quantiles) band[name] = Float64Array.from(answer[`g${index}.${name}`] ?? [], yScale.place);
    band.divergedAt = answer[`g${index}.diverged_at`] ?? new Float64Array();
    return band;
  });
}

// Returns the stretches [from, to) of a band where both of its lines have a place.
// A line at -Infinity (zero on a log axis) has one: the rim.
export function stretches(low, high) {
  const found = [];
  let from = -1;
  for (let i = 0; i <= low.length; ++i) {
    const there = i < low.length && !Number.isNaN(low[i]) && !Number.isNaN(high[i]);
    if (there && from < 0) from = i;
    if (!there && from >= 0) {
      found.push([from, i]);
      from = -1;
    }
  }
  return found;
}

// Returns {x, y, zero} in places for the whole of an answer of /density, as
// extent() of curves_model.js does for curves.
export function densityExtent(answer, {xScale, yScale}) {
  const {x, y} = answer.header;
  const right = xScale.place(x.high) || 1;
  let low = yScale.place(y.low);
  let high = yScale.place(y.high);
  if (!Number.isFinite(low) || !Number.isFinite(high) || low > high) [low, high] = [-1, 0];
  if (low === high) [low, high] = [low - 0.5, high + 0.5];
  const length = high - low;
  const zero = yScale.log && y.zero > 0 ? low - 0.05 * length : null;
  return {
    x: [-0.015 * right, 1.015 * right],
    y: [zero === null ? low - 0.02 * length : low - 0.08 * length, high + 0.06 * length],
    zero,
  };
}
