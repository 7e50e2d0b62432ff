// What canvases need of the page: the colours of its style, a size, sharp pixels.
import {useEffect, useState} from '../lib/html.js';
import {colour, theme} from '../lib/theme.js';

const printing = matchMedia('print');
const names = ['text', 'muted', 'grid', 'line', 'line-strong', 'back', 'surface', 'soft', 'accent', 'danger', 'font',
  'state-running', 'state-succeeded', 'state-diverged', 'state-stopped', 'state-failed', 'state-cancelled'];

// Returns {theme: 'light' | 'dark', text: '#...', muted: ..., font: ...}. Paper is light.
export function inkNow() {
  const ink = {theme: printing.matches ? 'light' : theme.value};
  for (const name of names) ink[name] = colour(name);
  if (printing.matches) Object.assign(ink, {grid: '#dddddd', back: '#ffffff'});
  return ink;
}

// Returns the ink, again when the theme changes or the page is printed.
export function useInk() {
  const [paper, setPaper] = useState(printing.matches);
  const [ink, setInk] = useState(inkNow);
  const now = theme.value;
  useEffect(() => {
    const onPrint = () => setPaper(printing.matches);
    printing.addEventListener('change', onPrint);
    return () => printing.removeEventListener('change', onPrint);
  }, []);
  // The style has the new colours only after the theme has been set.
  useEffect(() => setInk(inkNow()), [now, paper]);
  return ink;
}

// Returns the width of an element as a number, and follows it.
export function useWidth(ref) {
  const [width, setWidth] = useState(0);
  useEffect(() => {
    const element = ref.current;
    if (!element) return undefined;
    const measure = () => setWidth(Math.round(element.clientWidth));
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    measure();
    return () => observer.disconnect();
  }, [ref.current]);
  return width;
}

// Gives a canvas a size in CSS pixels and as many dots as the screen has. Returns
// its context, cleared and scaled to CSS pixels.
export function prepare(canvas, width, height) {
  const ratio = globalThis.devicePixelRatio || 1;
  const across = Math.max(1, Math.round(width * ratio));
  const down = Math.max(1, Math.round(height * ratio));
  if (canvas.width !== across || canvas.height !== down) {
    canvas.width = across;
    canvas.height = down;
    canvas.style.width = `${width}px`;
    canvas.style.height = `${height}px`;
  }
  const context = canvas.getContext('2d');
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, height);
  return context;
}

const ruler = document.createElement('canvas').getContext('2d');

// Returns the width of a text in pixels.
export function textWidth(text, font) {
  ruler.font = font;
  return ruler.measureText(text).width;
}

export function rgbOf(hex) {
  const digits = hex.replace('#', '');
  const full = digits.length === 3 ? [...digits].map((digit) => digit + digit).join('') : digits;
  return [0, 2, 4].map((at) => Number.parseInt(full.slice(at, at + 2), 16) || 0);
}

// What each chart drew, for tests that read it back: numbers, not pixels.
export function publish(name, model) {
  globalThis.__fathom ??= {charts: {}};
  globalThis.__fathom.charts[name] = model;
}
