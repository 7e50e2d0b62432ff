// A stand-in for `fathom ui`, for work on the page without one: node mock/server.mjs
// [--port N] [--page FOLDER] [--case rich|empty|error|login]. It speaks the routes
// of docs/ui.md with made-up numbers.
import {createHash} from 'node:crypto';
import {readFile} from 'node:fs/promises';
import {createServer} from 'node:http';
import {extname, join} from 'node:path';
import {parseArgs} from 'node:util';
import {answers} from './answers.mjs';

const {values: options} = parseArgs({options: {
  port: {type: 'string', default: '7390'}, page: {type: 'string', default: 'dist'}, case: {type: 'string', default: 'rich'},
}});
const types = {'.html': 'text/html; charset=utf-8', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml', '.txt': 'text/plain; charset=utf-8'};
const policy = (nonce) => `default-src 'self'; style-src 'self' 'nonce-${nonce}'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'`;

let loggedIn = options.case !== 'login';

function send(request, response, status, type, body, headers = {}) {
  const etag = `"${createHash('sha256').update(body).digest('hex').slice(0, 16)}"`;
  if (status === 200 && request.headers['if-none-match'] === etag) {
    response.writeHead(304, {ETag: etag}).end();
    return;
  }
  response.writeHead(status, {'Content-Type': type, 'Cache-Control': 'no-cache', ETag: etag, 'X-Content-Type-Options': 'nosniff', ...headers});
  response.end(body);
}

function events(request, response) {
  response.writeHead(200, {'Content-Type': 'text/event-stream', 'Cache-Control': 'no-cache'});
  response.write('retry: 2000\n\n');
  let version = 0;
  const timer = setInterval(() => {
    response.write(`event: change\nid: ${++version}\ndata: ${JSON.stringify({version, sweeps: [3], list: true, workers: true})}\n\n`);
  }, 1000);
  request.on('close', () => clearInterval(timer));
}

async function body(request) {
  const parts = [];
  for await (const part of request) parts.push(part);
  return Buffer.concat(parts).toString();
}

const server = createServer(async (request, response) => {
  const url = new URL(request.url, 'http://mock');
  if (url.pathname === '/login' && request.method === 'POST') {
    loggedIn = JSON.parse(await body(request)).token === 'secret';
    if (loggedIn) response.writeHead(204).end();
    else send(request, response, 401, 'application/json', JSON.stringify({error: {code: 'UNAUTHENTICATED', message: 'no token of this coordinator is like that'}}));
    return;
  }
  if (url.pathname === '/logout') {
    loggedIn = false;
    response.writeHead(204).end();
    return;
  }
  if (url.pathname === '/api/events') return void events(request, response);
  if (url.pathname.startsWith('/api/')) {
    const answer = answers(options.case, loggedIn, request.method, url, await body(request), request.headers);
    if (answer.bytes) send(request, response, 200, answer.type, answer.bytes);
    else send(request, response, answer.status ?? 200, 'application/json', JSON.stringify(answer.json));
    return;
  }
  const file = url.pathname.startsWith('/assets/') ? url.pathname : '/index.html';
  try {
    const bytes = await readFile(join(options.page, file));
    const nonce = createHash('sha256').update(String(Math.random())).digest('base64url').slice(0, 22);
    const text = file === '/index.html' ? Buffer.from(bytes.toString().replaceAll('__NONCE__', nonce)) : bytes;
    send(request, response, 200, types[extname(file)], text, {'Content-Security-Policy': policy(nonce)});
  } catch {
    send(request, response, 404, 'text/plain', 'not there');
  }
});
server.listen(Number(options.port), '127.0.0.1', () => console.log(`http://127.0.0.1:${server.address().port}`));
