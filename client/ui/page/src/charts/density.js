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
