import type { Row, Table } from '../answers/row.ts';

/** The keys of the kit whose access is compared. */
export const KEYS = ['compare-key-one-that-is-long-enough', 'compare-key-two-that-is-long-enough'] as const;

const [FIRST, SECOND] = KEYS;
const basic = (password: string) => `Basic ${Buffer.from(`anybody:${password}`).toString('base64')}`;
const PATHS = [
  '/api/whatsapp/messages?chat_id=15550119999',
  '/api/events?limit=1&types=call',
  '/api/webhooks',
  '/api/nothing',
  '/ws',
  '/sandbox/api/messages?chat_id=15550119999',
  '/sandbox',
  '/health/live',
  '/nothing',
  '/internal/ready',
] as const;
const CREDENTIALS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'without a key': {},
  'with a wrong key': { authorization: 'Bearer wrong' },
  'with a key': { authorization: `Bearer ${FIRST}` },
};
const FORMS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'the second key': { authorization: `Bearer ${SECOND}` },
  'a key in X-Api-Key': { 'x-api-key': FIRST },
  'a wrong key in X-Api-Key': { 'x-api-key': 'wrong' },
  'a key as a password': { authorization: basic(FIRST) },
  'a wrong key as a password': { authorization: basic('wrong') },
  'a key of another scheme': { authorization: `Digest ${FIRST}` },
  'an empty key': { authorization: 'Bearer ' },
  'a key with a space': { authorization: `Bearer  ${FIRST}` },
  'a key in lower case': { authorization: `bearer ${FIRST}` },
  'a wrong key beside a good one': { authorization: 'Bearer wrong', 'x-api-key': FIRST },
  'a foreign origin with a key': { authorization: `Bearer ${FIRST}`, origin: 'https://evil.example' },
  'a page without a key': { accept: 'text/html' },
};

/** Who may call what, with API_KEYS set. */
export const access: Table = {
  area: 'access',
  rows: [
    ...PATHS.flatMap((path) =>
      Object.entries(CREDENTIALS).map(([name, headers]): Row => ({ name: `${path} ${name}`, path, headers })),
    ),
    ...Object.entries(FORMS).map(
      ([name, headers]): Row => ({ name, path: '/api/whatsapp/messages?chat_id=15550119999', headers }),
    ),
    { name: 'a key in the query', path: `/api/webhooks?api_key=${FIRST}` },
    ...Object.entries(CREDENTIALS).map(
      ([name, headers]): Row => ({
        name: `a socket ${name}`,
        raw: `GET /ws?types=call HTTP/1.1\nHost: localhost\nConnection: Upgrade\nUpgrade: websocket\nSec-WebSocket-Version: 13\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\n${Object.entries(
          headers,
        )
          .map(([key, value]) => `${key}: ${value}\n`)
          .join('')}\n`,
      }),
    ),
    {
      name: 'a send with a key',
      method: 'POST',
      path: '/api/whatsapp/send',
      headers: { 'x-api-key': FIRST },
      body: { chat_id: '15550110050', message: 'Hello' },
    },
  ],
};
