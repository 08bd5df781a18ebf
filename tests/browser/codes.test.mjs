import assert from 'node:assert/strict';
import { test } from 'node:test';
import { base32, nextStep, totp } from './codes.mjs';

// The examples of RFC 6238, appendix B, cut to six digits.
test('makes the codes of RFC 6238', () => {
  const key = base32('GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ');
  assert.equal(key.toString(), '12345678901234567890');
  const examples = { 59: '287082', 1111111109: '081804', 1111111111: '050471', 1234567890: '005924', 2000000000: '279037' };
  for (const [seconds, code] of Object.entries(examples)) {
    assert.equal(totp(key, Math.floor(Number(seconds) / 30)), code);
  }
});

test('gives the code of the step before, then the current one, then waits', () => {
  assert.equal(nextStep(0, 3000), 99);
  assert.equal(nextStep(99, 3000), 100);
  assert.equal(nextStep(100, 3000), 101);
});

test('does not give a code that would be too old on arrival', () => {
  assert.equal(nextStep(0, 3027), 100);
});
