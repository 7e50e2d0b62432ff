// The SQL console: any question to the ledger. It can only read.
import {post, postFor} from '../../lib/api.js';
import {html, useEffect, useRef, useState} from '../../lib/html.js';
import {useResource} from '../../lib/resource.js';
import {place, setQuery} from '../../lib/router.js';
import {signIn} from '../../lib/session.js';
import {visible} from '../../lib/visible.js';
import {saveBlob} from '../../ui/save.js';
import {Trouble, Waiting} from '../../ui/parts.js';
import {Result} from './result.js';
import {Schema} from './schema.js';

const mostRows = 10000;
// A longer query is not kept in the address, which programs cut.
const longestInAddress = 2000;
const first = 'SELECT sweep, name, state, trials, succeeded, diverged\nFROM sweep_overview ORDER BY sweep DESC';
const draftKey = 'fathom.sql';

function draft() {
  try {
    return sessionStorage.getItem(draftKey) ?? '';
  } catch {
    return '';
  }
}

function keepDraft(text) {
  try {
    sessionStorage.setItem(draftKey, text);
  } catch {
    // Then it is gone with the page.
  }
}

// A plain field until the editor is there, and when it cannot be loaded. `given` is
// {text} that does not come from the editor itself.
function Editor({text, given, setText, tables, run, handle}) {
  const box = useRef(null);
  const editor = useRef(null);
  const [state, setState] = useState('loading');
  const latest = useRef({});
  latest.current = {text, setText, run, tables};
  useEffect(() => {
    let gone = false;
    import('./editor.js').then(({openEditor}) => {
      if (gone) return;
      editor.current = openEditor({
        parent: box.current, text: latest.current.text, tables: latest.current.tables, label: 'SQL',
        onChange: (next) => latest.current.setText(next), onRun: () => latest.current.run(),
      });
      handle.current = editor.current;
      setState('there');
    }, () => setState('failed'));
    return () => {
      gone = true;
      editor.current?.destroy();
    };
  }, []);
  useEffect(() => editor.current?.setTables(tables), [tables]);
  // What comes from the editor does not go back into it: it may be further by now.
  useEffect(() => editor.current?.setText(given.text), [given]);
  const onKeyDown = (event) => {
    if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    run();
  };
  return html`<div class="editor"><div ref=${box}></div>
    ${state !== 'there' && html`<textarea class="mono" aria-label="SQL" spellcheck="false" rows="6" value=${text} data-search
      onInput=${(event) => setText(event.target.value)} onKeyDown=${onKeyDown}></textarea>`}</div>`;
}

export function Sql() {
  const asked = place.value.query.get('sql');
  const [text, setText] = useState(asked ?? (draft() || first));
  const [given, give] = useState({text});
  const [answer, setAnswer] = useState({sql: null, result: null, error: null, busy: false});
  const schema = useResource('/api/schema');
  const abort = useRef(null);
  const handle = useRef(null);
  const tables = schema.data?.tables ?? [];
  const put = (sql) => {
    setText(sql);
    give({text: sql});
  };
  const run = async (sql = text) => {
    if (sql.trim() === '') return;
    abort.current?.abort();
    const own = new AbortController();
    abort.current = own;
    setAnswer((before) => ({...before, error: null, busy: true}));
    if (sql.length <= longestInAddress) setQuery({sql}, {replace: false});
    try {
      const result = await post('/api/query', {sql, limit: mostRows}, {signal: own.signal});
      setAnswer({sql, result, error: null, busy: false});
    } catch (error) {
      if (error.name === 'AbortError') return;
      if (error.status === 401) signIn();
      setAnswer((before) => ({...before, error, busy: false}));
    }
  };
  useEffect(() => {
    if (asked && asked !== answer.sql) {
      put(asked);
      run(asked);
    }
  }, [asked]);
  useEffect(() => () => abort.current?.abort(), []);
  useEffect(() => keepDraft(text), [text]);
  const download = async (type, ending) => {
    try {
      saveBlob(`fathom-query.${ending}`, await postFor('/api/query', {sql: answer.sql}, type));
    } catch (error) {
      setAnswer((before) => ({...before, error}));
    }
  };
  const downloads = html`<span class="downloads"><button class="button small quiet" onClick=${() => download('text/csv', 'csv')}>CSV</button>
    <button class="button small quiet" onClick=${() => download('application/x-ndjson', 'jsonl')}>JSON lines</button></span>`;
  return html`<div class="head"><h1>SQL</h1><span class="muted small">Reads the ledger; it cannot change anything.</span></div>
    <div class="sql-columns">
      <div class="sql-main">
        <${Editor} text=${text} given=${given} setText=${setText} tables=${tables} run=${() => run()} handle=${handle}/>
        <div class="bar"><button class="button first" onClick=${() => run()} disabled=${text.trim() === ''}>Run</button>
          ${answer.busy && html`<button class="button" onClick=${() => {
            abort.current?.abort();
            setAnswer((before) => ({...before, busy: false}));
          }}>Stop</button>`}
          <span class="muted small"><kbd>Ctrl</kbd> + <kbd>Enter</kbd></span></div>
        ${answer.busy && html`<${Waiting} what="The query runs"/>`}
        ${answer.error && html`<${Trouble} error=${answer.error} code=${answer.error.status === 400} title=${answer.error.status === 400 ? 'SQLite does not take this' : ''}/>`}
      </div>
      <${Schema} of=${schema} insert=${(name) => (handle.current ? handle.current.insert(name) : put(`${text} ${name}`))}
        choose=${(sql) => {
          put(sql);
          run(sql);
        }}/>
    </div>
    ${answer.result && html`<div class=${answer.error ? 'old' : ''}><${Result} result=${answer.result} downloads=${downloads}/></div>`}`;
}
