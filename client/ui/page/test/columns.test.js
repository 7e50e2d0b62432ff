import assert from 'node:assert/strict';
import {test} from 'node:test';
import {readColumns} from '../src/lib/columns.js';

// Returns a document of these columns: [name, type, array].
function document(columns, more = {}) {
  const header = JSON.stringify({...more, columns: columns.map(([name, type, array]) => ({name, type, length: array.length}))});
  let head = new TextEncoder().encode(header);
  head = Buffer.concat([head, Buffer.alloc((8 - ((4 + head.length) % 8)) % 8, ' ')]);
  const length = Buffer.alloc(4);
  length.writeUInt32LE(head.length);
  const parts = [length, head];
  for (const [, , array] of columns) {
    const bytes = Buffer.from(array.buffer);
    parts.push(bytes, Buffer.alloc((8 - (bytes.length % 8)) % 8));
  }
  return new Uint8Array(Buffer.concat(parts)).buffer;
}

test('columns keep their bits', () => {
  const values = Float64Array.of(1e-300, NaN, -Infinity, -0, 0.1);
  const found = readColumns(document([['state', 'u8', Uint8Array.of(1, 2, 255)], ['value', 'f64', values],
    ['group', 'i32', Int32Array.of(-1, 7, 8)], ['count', 'u32', Uint32Array.of(4294967295)]], {done: 0.5}));
  assert.equal(found.header.done, 0.5);
  assert.deepEqual(found.value, values);
  assert.deepEqual([...found.state], [1, 2, 255]);
  assert.deepEqual([...found.group], [-1, 7, 8]);
  assert.equal(found.count[0], 4294967295);
});

test('empty columns are columns', () => {
  assert.equal(readColumns(document([['value', 'f64', new Float64Array(0)]])).value.length, 0);
});

test('what is cut short or of a strange type is refused with words', () => {
  const whole = document([['value', 'f64', Float64Array.of(1, 2, 3)]]);
  assert.throws(() => readColumns(whole.slice(0, whole.byteLength - 8)), /value ends behind/);
  assert.throws(() => readColumns(whole.slice(0, 20)), /a header of/);
  assert.throws(() => readColumns(new ArrayBuffer(2)), /too few/);
  assert.throws(() => readColumns(document([['value', 'f32', Float64Array.of(1)]])), /unknown type f32/);
});
