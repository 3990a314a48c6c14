import assert from 'node:assert/strict';
import fc from 'fast-check';
import { MOST_TOLD_APART, pairingCodeBodySchema } from '../../../../services/contract/bridge.ts';
import { MAX_RECIPIENT_CHARACTERS, toPhoneDigits } from '../../../../services/contract/chat-id.ts';
import { MAX_TEXT_CHARACTERS } from '../../../../services/contract/content.ts';
import { MAX_MEDIUM_BYTES, MAX_SEND_BYTES } from '../../../../services/contract/internal.ts';

const SEED = Number(process.env.FC_SEED ?? Date.now() % 1_000_000);

describe('phone number to pair with', () => {
  it(`is a number that the bridge takes, if the api takes it (seed ${SEED})`, () => {
    fc.assert(
      fc.property(fc.stringMatching(/^(\+|00)?[1-9]\d{5,15}$/), (text) => {
        const digits = phoneDigitsOf(text);
        if (digits !== undefined) pairingCodeBodySchema.parse({ phoneNumber: digits });
      }),
      { seed: SEED },
    );
    pairingCodeBodySchema.parse({ phoneNumber: toPhoneDigits('+1234567') });
  });
});

describe('largest medium that the api takes', () => {
  it('fits into the largest body that the bridge reads, with all that a message may have', () => {
    const base64 = Math.ceil(MAX_MEDIUM_BYTES / 3) * 4;
    // In JSON a control character takes 6 bytes; any other takes at most 4.
    const caption = MAX_TEXT_CHARACTERS * 6;
    const known = MOST_TOLD_APART * 259;
    const mentions = 100 * (MAX_RECIPIENT_CHARACTERS * 6 + 3);
    const rest = 10_000;
    assert.ok(base64 + caption + known + mentions + rest <= MAX_SEND_BYTES);
  });
});

function phoneDigitsOf(text: string): string | undefined {
  try {
    return toPhoneDigits(text);
  } catch {
    return undefined; // Refused: nothing goes to the bridge.
  }
}
