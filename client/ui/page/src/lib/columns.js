// Reads application/vnd.fathom.columns: a JSON header and columns of numbers, bits
// as the ledger has them. Pure.

const kinds = {
  f64: {size: 8, array: Float64Array, get: 'getFloat64'},
  i32: {size: 4, array: Int32Array, get: 'getInt32'},
  u32: {size: 4, array: Uint32Array, get: 'getUint32'},
  u8: {size: 1, array: Uint8Array, get: 'getUint8'},
};
const littleEndian = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;
const padded = (bytes) => Math.ceil(bytes / 8) * 8;

// Returns {header, NAME: typed array, ...}: each column under its name. Throws an
// Error that says what is wrong with bytes that are no such document.
export function readColumns(buffer) {
  const view = new DataView(buffer);
  if (buffer.byteLength < 4) throw new Error(`columns: ${buffer.byteLength} bytes are too few for a header`);
  const length = view.getUint32(0, true);
  if (length > buffer.byteLength - 4) {
    throw new Error(`columns: a header of ${length} bytes in ${buffer.byteLength} bytes`);
  }
  const header = JSON.parse(new TextDecoder('utf-8', {fatal: true}).decode(new Uint8Array(buffer, 4, length)));
  const found = {header};
  let at = padded(4 + length);
  for (const {name, type, length: count} of header.columns ?? []) {
    const kind = kinds[type];
    if (!kind) throw new Error(`columns: ${name} has the unknown type ${type}`);
    const bytes = count * kind.size;
    if (!(bytes >= 0) || at + bytes > buffer.byteLength) {
      throw new Error(`columns: ${name} ends behind byte ${buffer.byteLength}`);
    }
    found[name] = littleEndian ? new kind.array(buffer, at, count) : swapped(view, at, count, kind);
    at += padded(bytes);
  }
  return found;
}

function swapped(view, at, count, kind) {
  const values = new kind.array(count);
  for (let i = 0; i < count; ++i) values[i] = view[kind.get](at + i * kind.size, true);
  return values;
}
