import { randomFillSync } from 'node:crypto';

/** Of random bits in an id: 72. */
const BYTES = 9;
/** Drawn at once, since asking for randomness costs more than all the rest of an id. */
const pool = Buffer.alloc(BYTES * 256);
let used = pool.length;

/** The id of a message, at WhatsApp too: of the form that WhatsApp Web itself makes. */
export function newMessageId(): string {
  if (used === pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  used += BYTES;
  return `3EB0${pool.toString('hex', used - BYTES, used).toUpperCase()}`;
}
