import {html, useEffect, useId, useRef, useState} from '../lib/html.js';

// A button with something that opens below it: `label` is the button's content,
// `children` a function of `close`.
export function Popover({label, className = 'chip', title, children}) {
  const [open, setOpen] = useState(false);
  const box = useRef(null);
  const panel = useRef(null);
  const button = useRef(null);
  const id = useId();
  useEffect(() => {
    if (!open) return undefined;
    // Keeps it on the page where the button stands at its right end.
    const over = panel.current.getBoundingClientRect().right - document.documentElement.clientWidth + 8;
    if (over > 0) panel.current.style.marginLeft = `${-over}px`;
    panel.current.querySelector('input, select, button, a')?.focus();
    const outside = (event) => box.current?.contains(event.target) || setOpen(false);
    const key = (event) => {
      if (event.key !== 'Escape') return;
      setOpen(false);
      button.current.focus();
    };
    document.addEventListener('pointerdown', outside);
    document.addEventListener('keydown', key);
    return () => {
      document.removeEventListener('pointerdown', outside);
      document.removeEventListener('keydown', key);
    };
  }, [open]);
  const leave = (event) => {
    if (open && event.relatedTarget && !box.current.contains(event.relatedTarget)) setOpen(false);
  };
  return html`<span class="popover-box" ref=${box} onFocusOut=${leave}>
    <button type="button" class=${className} ref=${button} title=${title} aria-expanded=${open} aria-controls=${open ? id : undefined}
      onClick=${() => setOpen(!open)}>${label}</button>
    ${open && html`<div class="popover" id=${id} ref=${panel} tabindex="-1">${children(() => setOpen(false))}</div>`}
  </span>`;
}
