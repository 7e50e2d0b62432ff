import {html} from '../lib/html.js';

const icon = (body) => html`<svg viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="1.8"
  stroke-linecap="round" stroke-linejoin="round" aria-hidden="true">${body}</svg>`;

export const Sun = () => icon(html`<circle cx="12" cy="12" r="4"/><path
  d="M12 3v2M12 19v2M3 12h2M19 12h2M5.6 5.6 7 7M17 17l1.4 1.4M5.6 18.4 7 17M17 7l1.4-1.4"/>`);
export const Moon = () => icon(html`<path d="M20 14.5A8.5 8.5 0 0 1 9.5 4 8.5 8.5 0 1 0 20 14.5Z"/>`);
export const Question = () => icon(html`<path d="M9 9a3 3 0 1 1 4.5 2.6c-.9.5-1.5 1.1-1.5 2.4"/><path d="M12 17.5v.01"/>`);
export const Out = () => icon(html`<path d="M14 4h5v16h-5M10 8l-4 4 4 4M6 12h9"/>`);
export const Brand = () => html`<svg viewBox="0 0 32 32" fill="none" stroke-width="3.4" stroke-linecap="round" aria-hidden="true"
  ><path d="M4 7c7 0 9 3 24 4" stroke="var(--brand-1)"/><path d="M4 7c5 0 6 9 24 10" stroke="var(--brand-2)"/><path
  d="M4 7c2 0 4 16 24 18" stroke="var(--brand-3)"/></svg>`;
