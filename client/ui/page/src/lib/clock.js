// The time that "3 min ago" is counted from. It stands still while nobody looks.
import {signal} from '@preact/signals';

export const now = signal(Date.now());

setInterval(() => {
  if (!document.hidden) now.value = Date.now();
}, 5000);
document.addEventListener('visibilitychange', () => {
  if (!document.hidden) now.value = Date.now();
});
