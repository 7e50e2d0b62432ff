// Where the page is. All state of a view is in the address, so that a view is a
// link; views read `place` and change it by `go` and `setQuery`.
import {signal} from '@preact/signals';

const read = () => ({path: location.pathname, query: new URLSearchParams(location.search)});

export const place = signal(read());

addEventListener('popstate', () => {
  place.value = read();
});

// Shows another place. `replace` leaves no entry in the history.
export function go(url, {replace = false} = {}) {
  const target = new URL(url, location.origin);
  if (target.href === location.href) return;
  const moved = target.pathname !== location.pathname;
  history[replace ? 'replaceState' : 'pushState'](null, '', target);
  place.value = read();
  if (moved) scrollTo(0, 0);
}

// Returns the address of this view with other values in its query; null or ''
// take one out, an array repeats it.
export function withQuery(changes) {
  const query = new URLSearchParams(place.value.query);
  for (const [name, value] of Object.entries(changes)) {
    query.delete(name);
    for (const one of Array.isArray(value) ? value : [value]) {
      if (one !== null && one !== undefined && one !== '') query.append(name, one);
    }
  }
  const text = query.toString();
  return place.value.path + (text ? `?${text}` : '');
}

export function setQuery(changes, {replace = true} = {}) {
  go(withQuery(changes), {replace});
}

// Returns the named parts of a path such as '/sweeps/:id', or null.
export function match(pattern, path) {
  const wanted = pattern.split('/');
  const found = path.replace(/(.)\/$/, '$1').split('/');
  if (wanted.length !== found.length) return null;
  const parts = {};
  for (let i = 0; i < wanted.length; ++i) {
    if (wanted[i].startsWith(':')) {
      try {
        parts[wanted[i].slice(1)] = decodeURIComponent(found[i]);
      } catch {
        return null; // A broken escape is no place of ours.
      }
    } else if (wanted[i] !== found[i]) {
      return null;
    }
  }
  return parts;
}

// Lets plain clicks on links of our own change the place without a reload.
export function followLinks(event) {
  if (event.defaultPrevented || event.button !== 0) return;
  if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  const link = event.target.closest?.('a[href]');
  if (!link || link.target || link.hasAttribute('download')) return;
  const url = new URL(link.href);
  if (url.origin !== location.origin || /^\/(api|assets|metrics|healthz)\b/.test(url.pathname)) return;
  if (url.pathname === location.pathname && url.search === location.search && url.hash) return;
  event.preventDefault();
  go(url.href);
}
