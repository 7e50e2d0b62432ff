import assert from 'node:assert/strict';
import {test} from 'node:test';
import {visible} from '../src/lib/visible.js';

test('what could hide or turn parts of a name is made visible', () => {
  assert.equal(visible('a\u202etxt.exe'), 'a⟨U+202E⟩txt.exe');
  assert.equal(visible('\u001b[31mred'), '⟨U+001B⟩[31mred');
  assert.equal(visible('a\u0000b\u007f'), 'a⟨U+0000⟩b⟨U+007F⟩');
  assert.equal(visible('a\u200bb\ufeff'), 'a⟨U+200B⟩b⟨U+FEFF⟩');
  assert.equal(visible('\ud800'), '⟨U+D800⟩');
  assert.equal(visible('a\nb\r'), 'a⟨U+000A⟩b⟨U+000D⟩');
});

test('letters of all languages stay', () => {
  const text = 'größe 深さ עומק 🙂 <b>';
  assert.equal(visible(text), text);
});

test('lines may stay lines', () => {
  assert.equal(visible('a\n\tb\r\u202e', {lines: true}), 'a\n\tb⟨U+000D⟩⟨U+202E⟩');
});
