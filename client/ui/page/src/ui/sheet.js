// A table that scrolls through as many rows as there are, and draws those that are
// seen. `source` has `count`, `row(i)` (an array, or null while it is not there) and
// `want(first, last)`; `columns` are {name, label, number, width, draw(value, row), sort}.
import {html, useEffect, useId, useLayoutEffect, useRef, useState} from '../lib/html.js';
import {reveal, rowAt, rowHeight, rowsToDraw, scrollTo, spaceFor} from '../lib/window.js';

const headHeight = 32;

function useView(box) {
  const [view, setView] = useState({height: 400, width: 0});
  useLayoutEffect(() => {
    const watch = new ResizeObserver(() => {
      const {clientHeight, clientWidth} = box.current;
      setView({height: Math.max(rowHeight, clientHeight - headHeight), width: clientWidth});
    });
    watch.observe(box.current);
    return () => watch.disconnect();
  }, []);
  return view;
}

export function Sheet({columns, source, label, open, sort, onSort, jump = null}) {
  const box = useRef(null);
  const at = useRef(0); // The row at the top.
  const id = useId();
  const [, draw] = useState(0);
  const [current, setCurrent] = useState(-1);
  const view = useView(box);
  const {count} = source;
  const place = (row) => {
    at.current = Math.max(0, Math.min(row, count - view.height / rowHeight));
    box.current.scrollTop = scrollTo(at.current, count, view.height);
    draw((n) => n + 1);
  };
  const onScroll = () => {
    const {scrollTop} = box.current;
    // What `place` has just set is known more exactly than pixels tell.
    if (Math.abs(scrollTop - scrollTo(at.current, count, view.height)) < 1.5) return;
    at.current = rowAt(scrollTop, count, view.height);
    draw((n) => n + 1);
  };
  const onWheel = useRef(null);
  onWheel.current = (event) => {
    // Where a pixel of the bar is several rows, the wheel still moves by rows.
    if (spaceFor(count) === count * rowHeight || event.ctrlKey || event.shiftKey || event.deltaY === 0) return;
    event.preventDefault();
    const unit = event.deltaMode === 1 ? 1 : event.deltaMode === 2 ? view.height / rowHeight : 1 / rowHeight;
    place(at.current + event.deltaY * unit);
  };
  useEffect(() => {
    const element = box.current;
    const wheel = (event) => onWheel.current(event);
    element.addEventListener('wheel', wheel, {passive: false});
    return () => element.removeEventListener('wheel', wheel);
  }, []);
  useEffect(() => {
    if (!jump) return;
    setCurrent(jump.row);
    place(jump.row);
  }, [jump]);
  const [first, last] = rowsToDraw(at.current, count, view.height);
  useEffect(() => source.want(first, last), [first, last, source]);
  const go = (row) => {
    const next = Math.max(0, Math.min(count - 1, row));
    setCurrent(next);
    const top = reveal(next, at.current, view.height);
    if (top !== at.current) place(top);
  };
  const onKeyDown = (event) => {
    if (event.target !== box.current || count === 0) return;
    const page = Math.max(1, Math.floor(view.height / rowHeight) - 1);
    const steps = {ArrowDown: current + 1, ArrowUp: Math.max(0, current - 1), PageDown: current + page, PageUp: current - page, Home: 0, End: count - 1};
    if (event.key in steps && !event.ctrlKey && !event.metaKey && !event.altKey) {
      event.preventDefault();
      go(steps[event.key]);
    } else if (event.key === 'Enter' && current >= 0 && source.row(current)) {
      open?.(source.row(current));
    }
  };
  const width = Math.max(view.width, columns.reduce((sum, column) => sum + column.width, 0));
  const grid = {gridTemplateColumns: columns.map((column) => `minmax(${column.width}px, 1fr)`).join(' '), width: `${width}px`};
  const scroll = box.current ? box.current.scrollTop : 0;
  const rows = [];
  for (let i = first; i < last; ++i) {
    const row = source.row(i);
    const y = headHeight + scroll + (i - at.current) * rowHeight;
    rows.push(html`<div key=${i} id=${`${id}-${i}`} role="row" aria-rowindex=${i + 2} aria-selected=${i === current}
        class=${`sheet-row${i === current ? ' current' : ''}`} style=${{...grid, transform: `translateY(${y}px)`, height: `${rowHeight}px`, top: 0}}
        onClick=${() => setCurrent(i)} onDblClick=${() => row && open?.(row)}>
      ${columns.map((column, k) => html`<div key=${column.name} role="gridcell" class=${column.number ? 'number' : ''}>${
        row ? column.draw(row[k], row) : k === 0 ? html`<span class="muted">…</span>` : ''}</div>`)}
    </div>`);
  }
  return html`<div class="sheet" ref=${box} tabindex="0" role="grid" aria-label=${label} aria-rowcount=${count + 1}
      aria-colcount=${columns.length} aria-activedescendant=${current >= first && current < last ? `${id}-${current}` : undefined}
      onScroll=${onScroll} onKeyDown=${onKeyDown}>
    <div class="sheet-head" role="row" aria-rowindex="1" style=${{...grid, height: `${headHeight}px`}}>
      ${columns.map((column) => html`<${Head} key=${column.name} column=${column} sort=${sort} onSort=${onSort}/>`)}</div>
    <div style=${{height: `${spaceFor(count)}px`, width: `${width}px`}} role="presentation"></div>
    ${rows}
  </div>`;
}

function Head({column, sort = '', onSort}) {
  const on = sort.replace(/^-/, '') === column.name;
  const down = on && sort.startsWith('-');
  const text = html`${column.label}${on ? (down ? ' ↓' : ' ↑') : ''}`;
  return html`<div role="columnheader" class=${column.number ? 'number' : ''} title=${column.title ?? column.label}
      aria-sort=${on ? (down ? 'descending' : 'ascending') : undefined}>${column.sort && onSort
    ? html`<button type="button" class="sort" onClick=${() => onSort(on && !down ? `-${column.name}` : column.name)}>${text}</button>`
    : text}</div>`;
}

// Returns a width in pixels for a column, from its label and some of its texts.
export function widthFor(label, texts) {
  const longest = texts.reduce((most, text) => Math.max(most, text.length), 0);
  return Math.round(Math.min(320, Math.max(56, label.length * 7.2 + 34, longest * 8.6 + 26)));
}
