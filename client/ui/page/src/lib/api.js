// Requests to fathom ui. Answers carry ETags: whoever asks again hands in the last
// answer, and gets that very object back when nothing has changed.
import {readColumns} from './columns.js';

const columnsType = 'application/vnd.fathom.columns';

// What went wrong, in the words of the program.
export class ApiError extends Error {
  constructor(status, code, message, hint = '') {
    super(message);
    this.status = status; // 0: nobody answered.
    this.code = code;
    this.hint = hint;
  }
}

async function errorOf(response) {
  let body = null;
  try {
    body = await response.json();
  } catch {
    // A proxy's error page, say; the status has to do.
  }
  const error = body?.error ?? {};
  const message = error.message || `fathom ui answered with status ${response.status}`;
  return new ApiError(response.status, error.code || 'UNKNOWN', message, error.hint);
}

function secondsIn(response, name) {
  const text = response.headers.get(name);
  return text !== null && Number.isFinite(Number(text)) ? Number(text) : null;
}

async function send(path, options) {
  try {
    return await fetch(path, {credentials: 'same-origin', redirect: 'error', ...options});
  } catch (error) {
    if (error.name === 'AbortError') throw error;
    throw new ApiError(0, 'UNAVAILABLE', 'fathom ui does not answer',
      'It may have been stopped. Start it again with the same command; this page goes on by itself.');
  }
}

// Returns {data, etag} for a GET; `last` is what the call before returned. `anew`: a
// person wants what is true now. `when` is told {age, next} of the answer, in seconds;
// `next` is null when nothing newer is known of.
export async function get(path, {last = null, signal, anew = false, when = null} = {}) {
  const headers = {Accept: `application/json, ${columnsType}`};
  if (last?.etag) headers['If-None-Match'] = last.etag;
  if (anew) headers['X-Fathom-Anew'] = '1';
  const response = await send(path, {headers, signal, cache: 'no-store'});
  when?.({age: secondsIn(response, 'Fathom-Age') ?? 0, next: secondsIn(response, 'Fathom-Next')});
  if (response.status === 304 && last) return last;
  if (!response.ok) throw await errorOf(response);
  const columns = (response.headers.get('Content-Type') ?? '').startsWith(columnsType);
  const data = columns ? readColumns(await response.arrayBuffer()) : await response.json();
  return {data, etag: response.headers.get('ETag')};
}

// Sends JSON. Returns what came back, null for an answer without a body.
export async function post(path, body, {signal} = {}) {
  const headers = {'Content-Type': 'application/json', 'X-Fathom': '1'};
  const response = await send(path, {method: 'POST', headers, body: JSON.stringify(body), signal});
  if (!response.ok) throw await errorOf(response);
  return response.status === 204 ? null : response.json();
}

// Returns a blob of another format that the answer to a POST can have.
export async function postFor(path, body, accept) {
  const headers = {'Content-Type': 'application/json', 'X-Fathom': '1', Accept: accept};
  const response = await send(path, {method: 'POST', headers, body: JSON.stringify(body)});
  if (!response.ok) throw await errorOf(response);
  return response.blob();
}

// Returns PATH?name=value&..., without the values that are null or ''. An array
// repeats its name.
export function address(path, query) {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    for (const one of Array.isArray(value) ? value : [value]) {
      if (one !== null && one !== undefined && one !== '') search.append(name, one);
    }
  }
  const text = search.toString();
  return text ? `${path}?${text}` : path;
}
