import assert from 'node:assert/strict';
import fc from 'fast-check';
import { toChatId, toPhoneDigits } from '../../../services/contract/chat-id.ts';
import { KitError } from '../../../services/contract/errors.ts';
import { anyText } from '../../support/any-text.ts';

describe('chat id, of a recipient', () => {
  const forms: [string, string][] = [
    ['15551234567', '15551234567@c.us'],
    ['+1 (555) 123-4567', '15551234567@c.us'],
    ['+49\u00a0151\u2011234\u201056789', '4915123456789@c.us'],
    ['00 44 20 7946 0958', '442079460958@c.us'],
    ['tel:+1-555-123-4567', '15551234567@c.us'],
    ['https://wa.me/15551234567', '15551234567@c.us'],
    ['\u202a+1 555 123 4567\u202c', '15551234567@c.us'],
    ['15551234567@s.whatsapp.net', '15551234567@c.us'],
    ['15551234567@c.us', '15551234567@c.us'],
    ['120363000000000001@g.us', '120363000000000001@g.us'],
    ['99887766@lid', '99887766@lid'],
  ];
  for (const [given, expected] of forms)
    it(`is ${expected} for ${JSON.stringify(given)}`, () => assert.equal(toChatId(given), expected));

  for (const given of [
    '',
    'nobody',
    '555',
    '0555 123 4567',
    '+1555123456789012',
    '15551234567@evil.example',
    '+1555 OR 1=1',
    '@c.us',
    '1555\u0000123456',
    '١٥٥٥١٢٣٤٥٦٧',
  ]) {
    it(`refuses ${JSON.stringify(given)}`, () =>
      assert.throws(
        () => toChatId(given),
        (error) => error instanceof KitError && error.code === 'recipient_invalid',
      ));
  }

  it('is the same however the digits are set apart', () => {
    const digits = fc.stringMatching(/^[1-9]\d{7,13}$/);
    fc.assert(
      fc.property(
        digits,
        fc.array(fc.constantFrom(' ', '-', '.', '(', ')', ''), { minLength: 14, maxLength: 14 }),
        (number, gaps) => {
          const decorated = `+${[...number].map((digit, index) => digit + (gaps[index] ?? '')).join('')}`;
          assert.equal(toPhoneDigits(decorated), number);
        },
      ),
    );
  });

  it('gives an id or a KitError for any text, and never anything else', () => {
    fc.assert(
      fc.property(anyText(), (text) => {
        try {
          assert.match(toChatId(text), /^[\w.:-]+@[a-z.]+$/);
        } catch (error) {
          assert.ok(error instanceof KitError);
        }
      }),
    );
  });
});
