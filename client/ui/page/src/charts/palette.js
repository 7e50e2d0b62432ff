// Colours of data: the viridis of `fathom plot` for what has an order, the colours
// of Okabe and Ito for words. Both can be told apart in every form of colour
// blindness. Pure.

const viridisStops = [
  [68, 1, 84], [72, 40, 120], [62, 74, 137], [49, 104, 142], [38, 130, 142], [31, 158, 137], [53, 183, 121],
  [110, 206, 88], [181, 222, 43], [253, 231, 37],
];
// Black is left out, and the pale yellow, which is no line on white.
const words = {
  light: ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#56b4e9', '#e69f00'],
  dark: ['#56b4e9', '#e69f00', '#2fc79c', '#e08fbd', '#f0e442', '#ff7f3f'],
};

// Lines need contrast with what is behind them: no pale end on white, no dark one
// on black.
const ends = {light: [0, 7 / 9], dark: [0.3, 1]};

// Returns [r, g, b] for a share from 0 (dark) to 1 (light).
export function viridis(share) {
  const at = Math.min(1, Math.max(0, share)) * (viridisStops.length - 1);
  const low = Math.min(Math.floor(at), viridisStops.length - 2);
  const part = at - low;
  return viridisStops[low].map((value, i) => Math.round(value * (1 - part) + viridisStops[low + 1][i] * part));
}

const hex = (rgb) => `#${rgb.map((value) => value.toString(16).padStart(2, '0')).join('')}`;

export const viridisHex = (share) => hex(viridis(share));

// Returns the colour of something ordered as a line: `share` from 0 to 1.
export function lineColour(share, theme = 'light') {
  const [low, high] = ends[theme];
  return viridisHex(low + (high - low) * share);
}

// Returns a colour for each of `count` groups. Words get colours of their own as
// long as there are some.
export function groupColours(count, {theme = 'light', ordered = true} = {}) {
  if (!ordered && count <= words[theme].length) return words[theme].slice(0, count);
  return Array.from({length: count}, (_, i) => lineColour(count < 2 ? 0.43 : i / (count - 1), theme));
}

// Whether white is easier to read on this colour than black.
export function needsWhite([r, g, b]) {
  const light = (value) => {
    const share = value / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  };
  return 0.2126 * light(r) + 0.7152 * light(g) + 0.0722 * light(b) < 0.25;
}
