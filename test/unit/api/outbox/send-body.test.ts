import assert from 'node:assert/strict';
import { parseSendBody, type SendRequest } from '../../../../services/api/messages/send-body.ts';
import { KitError } from '../../../../services/contract/errors.ts';
import { ANN } from '../../../support/api/outbox/send-world.ts';

const GROUP = '120363000000000001@g.us';

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

function contentOf(body: object): SendRequest['content'] {
  return parse({ chat_id: ANN, ...body }).content;
}

describe('body of a send', () => {
  it('is any one kind of message', () => {
    assert.deepEqual(contentOf({ message: 'Hello' }), { kind: 'text', text: 'Hello' });
    assert.deepEqual(contentOf({ location: { latitude: 48.2, longitude: -16.4, name: 'Here' } }), {
      kind: 'location',
      latitude: 48.2,
      longitude: -16.4,
      name: 'Here',
    });
    assert.deepEqual(contentOf({ contact: { name: 'Bob', phone_number: '+1 555 000 0002' } }), {
      kind: 'contact',
      name: 'Bob',
      phone_number: '15550000002',
    });
    assert.deepEqual(
      contentOf({ media: { url: 'https://example.com/a.pdf', as_document: true }, message: 'Read this' }),
      {
        kind: 'media',
        source: { from: 'url', url: 'https://example.com/a.pdf', filename: undefined },
        about: { caption: 'Read this', as_document: true },
      },
    );
    assert.deepEqual(contentOf({ media: { data: 'aGk=', mimetype: 'text/plain', filename: 'hi.txt' } }), {
      kind: 'media',
      source: { from: 'data', data: Buffer.from('hi'), mimetype: 'text/plain', filename: 'hi.txt' },
      about: {},
    });
  });

  it('carries what it answers and whom it names, in any form of a number', () => {
    assert.deepEqual(
      contentOf({ message: '@1 hi', reply_to: '3EB0AA', mentions: ['+1 (555) 000-0002', GROUP] }),
      {
        kind: 'text',
        text: '@1 hi',
        reply_to: '3EB0AA',
        mentions: ['15550000002@c.us', GROUP],
      },
    );
  });

  it('says whether a text gets the preview of its link', () => {
    const text = { kind: 'text', text: 'https://example.com' };
    for (const link_preview of [false, true])
      assert.deepEqual(contentOf({ message: text.text, link_preview }), { ...text, link_preview });
    assert.deepEqual(contentOf({ message: text.text }), text);
  });

  it('understands times with their zone', () => {
    const { sendAt, expiresAt } = parse({
      chat_id: ANN,
      message: 'x',
      send_at: '2027-01-31T12:00:00+05:30',
      expires_at: '2027-01-31T06:30:01.500Z',
      session: 'default',
    });
    assert.deepEqual(
      [sendAt, expiresAt],
      [Date.UTC(2027, 0, 31, 6, 30), Date.UTC(2027, 0, 31, 6, 30, 1, 500)],
    );
  });

  it('names everything that is wrong with it at once', () => {
    assert.deepEqual(
      refusal({
        chat_id: 5,
        mesage: 'x',
        send_at: 'tomorrow',
        session: 'other',
        mentions: ['1555'],
        media: { foo: 1 },
      }),
      [
        'body_invalid',
        'chat_id',
        'media.foo',
        'mentions.0',
        'send_at',
        'mesage',
        'mentions',
        'media',
        'session',
      ],
    );
  });

  for (const [what, body, ...fields] of [
    ['nothing to send', {}, 'message'],
    ['two kinds', { message: 'x', location: { latitude: 1, longitude: 1 } }, 'location'],
    [
      'three kinds',
      { message: 'x', media: { upload: 'x' }, contact: { name: 'x', phone_number: '15550000002' } },
      'media',
      'contact',
    ],
    ['an empty text', { message: '' }, 'message'],
    ['a text of 65,537 characters', { message: 'x'.repeat(65_537) }, 'message'],
    ['NUL in a text', { message: 'a\0b' }, 'message'],
    ['half of a surrogate pair', { message: 'a\ud83d' }, 'message'],
    ['half of a pair in a caption', { media: { upload: 'x' }, message: '\udc00' }, 'message'],
    ['NUL in a name', { contact: { name: '\0', phone_number: '15550000002' } }, 'contact.name'],
    ['no number', { contact: { name: 'x', phone_number: '0' } }, 'contact.phone_number'],
    [
      'a place that is nowhere',
      { location: { latitude: 91, longitude: -181 } },
      'location.latitude',
      'location.longitude',
    ],
    ['a place in text', { location: { latitude: '1', longitude: 1 } }, 'location.latitude'],
    ['a mention of nobody', { message: 'x', mentions: ['nobody'] }, 'mentions.0'],
    ['a mention without words', { location: { latitude: 1, longitude: 1 }, mentions: [ANN] }, 'mentions'],
    ['a preview that is no yes or no', { message: 'x', link_preview: 'no' }, 'link_preview'],
    ['a preview of a medium', { message: 'x', media: { upload: 'a' }, link_preview: false }, 'link_preview'],
    ['a preview of a place', { location: { latitude: 1, longitude: 1 }, link_preview: true }, 'link_preview'],
    ['no mentions in a list of them', { message: 'x', mentions: [] }, 'mentions'],
    ['an answer to no id', { message: 'x', reply_to: 'a b' }, 'reply_to'],
    ['a time without a zone', { message: 'x', send_at: '2027-01-31T12:00:00' }, 'send_at'],
    ['a day that is not', { message: 'x', expires_at: '2027-02-30T12:00:00Z' }, 'expires_at'],
    ['a number for a time', { message: 'x', send_at: 1_800_000_000 }, 'send_at'],
    ['media of nothing', { media: {} }, 'media'],
    ['media of two sources', { media: { url: 'https://example.com', upload: 'x' } }, 'media.upload'],
    ['a file URL', { media: { url: 'file:///etc/passwd' } }, 'media.url'],
    ['a URL with a password', { media: { url: 'https://a:b@example.com/' } }, 'media.url'],
    ['data of no type', { media: { data: 'aGk=' } }, 'media.mimetype'],
    ['a type for a URL', { media: { url: 'https://example.com', mimetype: 'image/png' } }, 'media.mimetype'],
    ['a data: URL', { media: { data: 'data:text/plain;base64,aGk=', mimetype: 'text/plain' } }, 'media.data'],
    ['base64 without padding', { media: { data: 'aGk', mimetype: 'text/plain' } }, 'media.data'],
    ['a type that is none', { media: { data: 'aGk=', mimetype: 'png' } }, 'media.mimetype'],
    ['a file name with a path', { media: { upload: 'x', filename: '../x' } }, 'media.filename'],
    ['a line break in a file name', { media: { upload: 'x', filename: 'a\nb' } }, 'media.filename'],
    ['voice as a document', { media: { upload: 'x', as_voice: true, as_document: true } }, 'media.as_voice'],
    ['text for yes', { media: { upload: 'x', as_voice: 'yes' } }, 'media.as_voice'],
    ['another session', { message: 'x', session: 'other' }, 'session'],
    ['an unknown field', { message: 'x', priority: 1 }, 'priority'],
    ['a field of every object', { message: 'x', constructor: 1 }, 'constructor'],
    ['a field below', { location: { latitude: 1, longitude: 1, accuracy: 5 } }, 'location.accuracy'],
  ] as const) {
    it(`is refused for ${what}`, () => {
      assert.deepEqual(refusal({ chat_id: ANN, ...body }), ['body_invalid', ...fields]);
    });
  }

  it('is refused for a prototype as a field', () => {
    assert.deepEqual(refusal(JSON.parse(`{"chat_id":"${ANN}","message":"x","__proto__":{"a":1}}`)), [
      'body_invalid',
      '__proto__',
    ]);
  });

  it('is refused for a recipient in the words of recipients, when nothing else is wrong', () => {
    assert.deepEqual(refusal({ chat_id: 'nobody', message: 'x' }), ['recipient_invalid', 'chat_id']);
    assert.deepEqual(refusal({ chat_id: 'nobody' }), ['body_invalid', 'chat_id', 'message']);
    assert.deepEqual(refusal({ chat_id: 15550000001, message: 'x' }), ['body_invalid', 'chat_id']);
    assert.deepEqual(refusal({ chat_id: '', message: 'x' }), ['body_invalid', 'chat_id']);
  });

  it('is refused when it is no object at all', () => {
    for (const body of [null, undefined, 5, 'text', true, [], [{ chat_id: ANN }]])
      assert.equal(refusal(body)[0], 'body_invalid', JSON.stringify(body));
  });

  it('takes base64 of many megabytes in its stride', () => {
    const data = Buffer.alloc(24_000_000, 7).toString('base64');
    // A check that is not linear would take longer than any test may.
    assert.equal(contentOf({ media: { data, mimetype: 'video/mp4' } }).kind, 'media');
    assert.deepEqual(
      refusal({ chat_id: ANN, media: { data: `${data.slice(4)}!AAA`, mimetype: 'video/mp4' } }),
      ['body_invalid', 'media.data'],
    );
  });
});
