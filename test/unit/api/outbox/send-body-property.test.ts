import assert from 'node:assert/strict';
import fc from 'fast-check';
import { parseSendBody } from '../../../../services/api/messages/send-body.ts';
import { messageContentSchema } from '../../../../services/contract/content.ts';
import { KitError } from '../../../../services/contract/errors.ts';
import { anyText, anyUrl } from '../../../support/any-text.ts';
import { ANN } from '../../../support/api/outbox/send-world.ts';

const SEED = Number(process.env.FC_SEED ?? Date.now() % 1_000_000);

const parse = (body: unknown) => parseSendBody(body, 'default');

/** The code and the wrong fields of a body that is refused. */
function refusal(body: unknown): [code: string, ...fields: string[]] {
  try {
    parse(body);
  } catch (error) {
    if (error instanceof KitError) return [error.code, ...(error.fields ?? []).map(({ field }) => field)];
    throw error;
  }
  return ['accepted'];
}

describe('body of a send', () => {
  it(`is never taken for more than was checked, whatever it is (seed ${SEED})`, () => {
    const key = fc.constantFrom(
      ...[
        'chat_id',
        'message',
        'media',
        'location',
        'contact',
        'reply_to',
        'mentions',
        'link_preview',
        'send_at',
        'session',
        'x',
      ],
    );
    const value = fc.oneof(
      fc.jsonValue(),
      anyText(),
      fc.constantFrom<unknown>(ANN, 'Hello', '2027-01-31T12:00:00Z', 'default', ['15550000001'], '3EB0AA'),
      fc.record({ latitude: fc.double(), longitude: fc.integer({ min: -180, max: 180 }) }),
      fc.record({ name: fc.string(), phone_number: fc.string() }),
      fc.record(
        {
          url: anyUrl(),
          upload: fc.string(),
          data: fc.base64String(),
          mimetype: fc.constant('image/png'),
        },
        { requiredKeys: [] },
      ),
    );
    let accepted = 0;
    fc.assert(
      fc.property(
        fc.oneof(fc.dictionary(key, value), fc.record({ chat_id: fc.constant(ANN), message: value })),
        (body) => {
          const json: unknown = JSON.parse(JSON.stringify(body));
          const [outcome, ...fields] = refusal(json);
          if (outcome !== 'accepted') {
            assert.ok(outcome === 'body_invalid' || outcome === 'recipient_invalid');
            assert.ok(fields.length > 0);
            return;
          }
          accepted += 1;
          const { chatId, content } = parse(json);
          assert.match(chatId, /^[\w.:-]+@(c\.us|g\.us|lid|newsletter)$/);
          // What the store and the bridge will take.
          if (content.kind !== 'media') messageContentSchema.parse(content);
        },
      ),
      { seed: SEED, numRuns: 3_000 },
    );
    assert.ok(accepted > 50, `${accepted} accepted`);
  });
});
