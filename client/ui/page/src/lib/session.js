// Who looks at the page, and from where the numbers come.
import {signal} from '@preact/signals';
import {ApiError, get, post} from './api.js';
import {go, place} from './router.js';

// null until it is known; {error} when it cannot be.
export const caller = signal(null);
// Set when fathom ui has another page than the one that is open.
export const outdated = signal(false);

let page = null;

export async function loadCaller() {
  try {
    const {data} = await get('/api/caller');
    if (page !== null && data.page && data.page !== page) outdated.value = true;
    page ??= data.page ?? null;
    caller.value = data;
    if (data.login && data.name === undefined && data.role === undefined) signIn();
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    if (error.status === 401) signIn();
    else caller.value = caller.value ?? {error};
  }
}

// Goes to the login, and back to this view afterwards.
export function signIn() {
  if (place.value.path === '/login') return;
  const back = place.value.path + location.search;
  go(`/login${back === '/' ? '' : `?to=${encodeURIComponent(back)}`}`, {replace: true});
}

export async function logIn(token) {
  await post('/login', {token});
  await loadCaller();
}

export async function logOut() {
  await post('/logout', {});
  caller.value = null;
  await loadCaller();
  go('/login');
}
