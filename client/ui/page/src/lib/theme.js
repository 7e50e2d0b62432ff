// Light or dark: as the system says, or as this browser was told.
import {computed, effect, signal} from '@preact/signals';

const key = 'fathom.theme';
const system = matchMedia('(prefers-color-scheme: dark)');
const systemDark = signal(system.matches);
system.addEventListener('change', () => {
  systemDark.value = system.matches;
});

function stored() {
  try {
    const value = localStorage.getItem(key);
    return value === 'light' || value === 'dark' ? value : 'system';
  } catch {
    return 'system'; // Storage may be forbidden.
  }
}

export const choice = signal(stored()); // 'system' | 'light' | 'dark'
export const theme = computed(() => (choice.value === 'system' ? (systemDark.value ? 'dark' : 'light') : choice.value));

export function nextTheme() {
  choice.value = theme.value === 'dark' ? 'light' : 'dark';
  try {
    localStorage.setItem(key, choice.value);
  } catch {
    // Then it holds until the page is closed.
  }
}

effect(() => {
  document.documentElement.dataset.theme = theme.value;
});

// Returns a colour of the style, for canvases: colour('accent').
export function colour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}
