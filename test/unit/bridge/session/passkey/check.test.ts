import assert from 'node:assert/strict';
import { checkAssertion } from '../../../../../services/bridge/session/passkey/check.ts';
import { type AssertionParts, assertion, CHALLENGE } from '../../../../support/passkey.ts';

const REQUEST = { challenge: CHALLENGE, rpId: 'whatsapp.com', userVerification: 'required' } as const;

describe('bridge, an assertion for a passkey', () => {
  it('is passed on when it was made at WhatsApp’s origin, for WhatsApp and this challenge', () => {
    checkAssertion(assertion(), REQUEST);
    checkAssertion(assertion({ flags: 0x01 }), { ...REQUEST, userVerification: 'preferred' });
  });

  for (const [what, parts, reason] of [
    [
      'made at the kit’s own origin',
      { origin: 'http://127.0.0.1:8001' },
      /made at "http:\/\/127\.0\.0\.1:8001"/,
    ],
    [
      'made at a host that looks like it',
      { origin: 'https://web.whatsapp.com.evil.example' },
      /must be made/,
    ],
    ['made in a frame of another site', { crossOrigin: true }, /must be made in a tab/],
    ['for another site', { rpId: 'localhost' }, /not for whatsapp\.com/],
    ['for another challenge', { challenge: 'b3RoZXI' }, /another challenge/],
    ['of another kind', { type: 'webauthn.create' }, /must be "webauthn\.get"/],
    ['without a user', { flags: 0x04 }, /no user was present/],
    ['without a verified user', { flags: 0x01 }, /not verified/],
  ] as const satisfies readonly (readonly [string, AssertionParts, RegExp])[]) {
    it(`is refused when it is ${what}`, () => {
      assert.throws(
        () => checkAssertion(assertion(parts), REQUEST),
        (error: Error & { code?: string }) => error.code === 'passkey_refused' && reason.test(error.message),
      );
    });
  }

  it('is refused when its parts are garbage', () => {
    const { response, ...rest } = assertion();
    for (const part of [{ clientDataJSON: 'e30' }, { clientDataJSON: '_' }, { authenticatorData: 'AA' }])
      assert.throws(() => checkAssertion({ ...rest, response: { ...response, ...part } }, REQUEST), {
        code: 'passkey_refused',
      });
  });
});
