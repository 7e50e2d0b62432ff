import assert from 'node:assert/strict';
import {test} from 'node:test';
import {storyOf} from '../src/ui/story_model.js';

test('the lines of an explanation are words and what there is to say of each', () => {
  const {rows, rest} = storyOf(['trial 8 of sweep 1, quick: diverged', 'why:      its loss grew', 'rates:    stable 0.01',
    '          unstable 0.03', 'again:    fathom run 1/8 --db /a:b']);
  assert.deepEqual(rows, [['why', ['its loss grew']], ['rates', ['stable 0.01', 'unstable 0.03']], ['again', ['fathom run 1/8 --db /a:b']]]);
  assert.deepEqual(rest, []);
  assert.deepEqual(storyOf(['ETA:      not known']).rows, [['ETA', ['not known']]]);
});

test('lines of another form are kept as they are', () => {
  assert.deepEqual(storyOf(['Limited by the mathematics.', '  so be it']).rest, ['Limited by the mathematics.', '  so be it']);
  assert.deepEqual(storyOf([]), {rows: [], rest: []});
});
