import assert from 'node:assert/strict';
import {readFileSync} from 'node:fs';
import {test} from 'node:test';
import {stateMarks, stateWords, sweepState} from '../src/state/states.js';

const sweep = {state: 'running', paused: false, interrupted: false, unreadable: '', counts: {leased: 3}};

test('one word says how a sweep is, as on the terminal', () => {
  assert.equal(sweepState(sweep), 'running');
  assert.equal(sweepState({...sweep, counts: {leased: 0, pending: 5}}), 'waiting');
  assert.equal(sweepState({...sweep, paused: true, counts: {leased: 0}}), 'paused');
  assert.equal(sweepState({...sweep, interrupted: true, counts: {leased: 0}}), 'interrupted');
  assert.equal(sweepState({...sweep, state: 'completed', counts: {leased: 0}}), 'completed');
});

test('what cannot be read has not failed', () => {
  assert.equal(sweepState({...sweep, state: 'completed', unreadable: 'a newer fathom has written it'}), 'unreadable');
});

test('every state has a mark and a colour in both themes', () => {
  const theme = readFileSync(new URL('../src/style/theme.css', import.meta.url), 'utf8');
  for (const state of Object.keys(stateWords)) {
    assert.ok(stateMarks[state], state);
    assert.ok(theme.split(`--state-${state}:`).length > 2, state);
  }
});
