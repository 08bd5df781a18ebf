// One-time codes, as an authenticator app makes them.

import { createHmac } from 'node:crypto';

const STEP = 30;
// The server's clock is this machine's, but a page takes a while to be filled in and sent.
const MARGIN = 12;

export function base32(text) {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
  let bits = '';
  for (const letter of text.toUpperCase().replace(/[\s=]/g, '')) {
    const value = alphabet.indexOf(letter);
    if (value < 0) throw new Error(`${letter} is not a letter of base 32`);
    bits += value.toString(2).padStart(5, '0');
  }
  return Buffer.from(bits.match(/.{8}/g)?.map((byte) => Number.parseInt(byte, 2)) ?? []);
}

// RFC 6238 with SHA-1 and six digits, as every authenticator app does it.
export function totp(key, step) {
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(step));
  const mac = createHmac('sha1', key).update(counter).digest();
  const number = mac.readUInt32BE(mac[mac.length - 1] & 0xf) & 0x7fffffff;
  return String(number % 1_000_000).padStart(6, '0');
}

// Which step's code a person gives next: each works once, and the server takes the current step and the one before. So a
// person who has used none can give two at once; after that one waits for the clock, as people do.
export function nextStep(last, seconds) {
  const now = Math.floor(seconds / STEP);
  const left = STEP - (seconds % STEP);
  const oldest = left < MARGIN ? now : now - 1;
  return Math.max(last + 1, oldest);
}

// When that step begins, in milliseconds.
export const begins = (step) => step * STEP * 1000;

export const stepAt = (milliseconds) => Math.floor(milliseconds / 1000 / STEP);
