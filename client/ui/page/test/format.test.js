import assert from 'node:assert/strict';
import {test} from 'node:test';
import {ago, bytes, count, duration, exact, number, percent, rate, short, stamp, toNumber} from '../src/lib/format.js';

test('numbers have four digits, and powers of ten where they are far from one', () => {
  assert.equal(number(0.0123456), '0.01235');
  assert.equal(number(1.23456e-5), '1.235e-5');
  assert.equal(number(1e-5), '1e-5');
  assert.equal(number(0.001), '0.001');
  assert.equal(number(99999.6), '100000');
  assert.equal(number(1.5e12), '1.5e12');
  assert.equal(number(-0.5), '-0.5');
  assert.equal(number(0), '0');
  assert.equal(number(0.1 + 0.2), '0.3');
});

test('whole numbers keep their digits', () => {
  assert.equal(number(4000), '4000');
  assert.equal(number(123456), '123,456');
  assert.equal(count(1000000), '1,000,000');
});

test('values that are not finite have names, and unknown ones are a dash', () => {
  assert.equal(number('nan'), 'NaN');
  assert.equal(number('inf'), '∞');
  assert.equal(number('-inf'), '−∞');
  assert.equal(number(null), '–');
  assert.equal(number(undefined), '–');
  assert.equal(count('inf'), '∞');
  assert.equal(exact('inf'), '∞');
  assert.equal(exact(null), '');
  assert.equal(toNumber('1'), null);
  assert.equal(rate(null), '–');
  assert.equal(duration(null), '–');
  assert.equal(duration('inf'), '∞');
});

test('the value in full is the shortest that reads back', () => {
  assert.equal(exact(0.1), '0.1');
  assert.equal(exact(1.2345678901234567e-5), '0.000012345678901234568');
});

test('rates keep three digits', () => {
  assert.equal(short(1234.5), '1230');
  assert.equal(short(12345), '12.3 k');
  assert.equal(short(9876543), '9.88 M');
  assert.equal(rate(0.25), '0.25 trials/s');
});

test('nearly done is not done, and just begun is not zero', () => {
  assert.equal(percent(0.99999), '99.9 %');
  assert.equal(percent(1), '100 %');
  assert.equal(percent(0.0001), '< 0.1 %');
  assert.equal(percent(0), '0 %');
  assert.equal(percent(0.311), '31 %');
});

test('lengths of time have their two largest units', () => {
  assert.equal(duration(0), '0 s');
  assert.equal(duration(0.0000021), '2.1 µs');
  assert.equal(duration(0.0213), '21 ms');
  assert.equal(duration(3.14159), '3.1 s');
  assert.equal(duration(59.6), '1 min');
  assert.equal(duration(200), '3 min 20 s');
  assert.equal(duration(7500), '2 h 5 min');
  assert.equal(duration(86400 * 3 + 3600 * 4), '3 d 4 h');
});

test('times are told from now', () => {
  const now = Date.parse('2026-11-30T09:00:00Z');
  assert.equal(ago('2026-11-30T08:59:55Z', now), 'just now');
  assert.equal(ago('2026-11-30T08:57:00Z', now), '3 min ago');
  assert.equal(ago('2026-11-28T08:57:00Z', now), '2 days ago');
  assert.equal(ago('2026-11-30T09:30:00Z', now), 'in 30 min');
  assert.equal(ago('nonsense', now), '–');
  assert.match(stamp('2026-11-30T08:57:00Z'), /^2026-(11-30|12-01) \d\d:\d\d:00 UTC/);
  assert.equal(stamp('nonsense'), '–');
});

test('sizes are in powers of 1024', () => {
  assert.equal(bytes(512), '512 B');
  assert.equal(bytes(3 * 2 ** 30), '3 GiB');
});
