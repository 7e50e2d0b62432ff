// The editor of the SQL console. It is half of the page's bytes, so it is loaded
// when the console opens.
import {acceptCompletion, autocompletion, closeBrackets, closeBracketsKeymap, completionKeymap} from '@codemirror/autocomplete';
import {defaultKeymap, history, historyKeymap} from '@codemirror/commands';
import {SQLite, sql} from '@codemirror/lang-sql';
import {HighlightStyle, bracketMatching, syntaxHighlighting} from '@codemirror/language';
import {Compartment, EditorState, Prec} from '@codemirror/state';
import {EditorView, drawSelection, keymap, placeholder} from '@codemirror/view';
import {tags} from '@lezer/highlight';

const style = HighlightStyle.define([
  {tag: tags.keyword, color: 'var(--accent)', fontWeight: '500'},
  {tag: [tags.string, tags.special(tags.string)], color: 'var(--code-string)'},
  {tag: [tags.number, tags.bool, tags.null], color: 'var(--code-number)'},
  {tag: tags.comment, color: 'var(--muted)', fontStyle: 'italic'},
]);

const look = EditorView.theme({
  '&': {fontSize: '0.875rem', color: 'var(--text)', backgroundColor: 'var(--surface)'},
  '&.cm-focused': {outline: 'none'},
  '.cm-content': {fontFamily: 'var(--mono)', padding: '0.75rem 0', caretColor: 'var(--text)', minHeight: '7rem'},
  '.cm-line': {padding: '0 0.9rem'},
  '.cm-scroller': {lineHeight: '1.6', maxHeight: '22rem', overflow: 'auto'},
  '.cm-cursor': {borderLeftColor: 'var(--text)'},
  '&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground': {backgroundColor: 'var(--accent-soft)'},
  '.cm-placeholder': {color: 'var(--muted)'},
  '.cm-matchingBracket': {backgroundColor: 'var(--accent-soft)', outline: 'none'},
  '.cm-tooltip': {border: '0', borderRadius: '8px', backgroundColor: 'var(--raised)', boxShadow: 'var(--shadow)', overflow: 'hidden'},
  '.cm-tooltip.cm-tooltip-autocomplete > ul': {fontFamily: 'var(--mono)', fontSize: '0.8125rem', maxHeight: '14rem'},
  '.cm-tooltip.cm-tooltip-autocomplete > ul > li': {padding: '0.2rem 0.6rem'},
  '.cm-tooltip.cm-tooltip-autocomplete > ul > li[aria-selected]': {backgroundColor: 'var(--accent-soft)', color: 'var(--text)'},
  '.cm-completionDetail': {color: 'var(--muted)', fontStyle: 'normal'},
});

function language(tables) {
  const schema = Object.fromEntries(tables.map(({name, columns}) => [name,
    columns.map((column) => ({label: column.name, type: 'property', detail: column.type || undefined, info: column.doc || undefined}))]));
  return sql({dialect: SQLite, schema, upperCaseKeywords: true});
}

// Chromium keeps the look of selected text by a style attribute when something is
// typed over it, which the page's policy forbids; so it does not get to.
const typeOver = EditorView.domEventHandlers({
  beforeinput(event, view) {
    if (event.inputType !== 'insertText' || !event.data || view.composing || view.state.selection.main.empty) return false;
    event.preventDefault();
    view.dispatch(view.state.update(view.state.replaceSelection(event.data), {userEvent: 'input.type', scrollIntoView: true}));
    return true;
  },
});

// Puts an editor into `parent`. Returns {setText, setTables, focus, destroy}.
export function openEditor({parent, text, tables, onChange, onRun, label}) {
  const speaks = new Compartment();
  const nonce = document.querySelector('script[nonce]')?.nonce ?? '';
  const run = {key: 'Mod-Enter', preventDefault: true, run: () => {
    onRun();
    return true;
  }};
  const view = new EditorView({
    parent,
    state: EditorState.create({
      doc: text,
      extensions: [
        // The page's policy allows no other styles than those with its nonce.
        EditorView.cspNonce.of(nonce),
        Prec.highest(keymap.of([run, {key: 'Tab', run: acceptCompletion}])),
        typeOver, history(), drawSelection(), bracketMatching(), closeBrackets(), autocompletion({icons: false}),
        syntaxHighlighting(style), speaks.of(language(tables)), look, EditorView.lineWrapping,
        placeholder('SELECT ...'),
        // Tab stays the key that leaves the editor.
        keymap.of([...closeBracketsKeymap, ...defaultKeymap, ...historyKeymap, ...completionKeymap]),
        EditorView.contentAttributes.of({'aria-label': label, 'data-search': ''}),
        EditorView.updateListener.of((update) => update.docChanged && onChange(update.state.doc.toString())),
      ],
    }),
  });
  return {
    setText(next) {
      if (next !== view.state.doc.toString()) view.dispatch({changes: {from: 0, to: view.state.doc.length, insert: next}});
    },
    setTables(next) {
      view.dispatch({effects: speaks.reconfigure(language(next))});
    },
    insert(name) {
      view.dispatch(view.state.replaceSelection(name));
      view.focus();
    },
    focus: () => view.focus(),
    destroy: () => view.destroy(),
  };
}
