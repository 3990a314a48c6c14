import type { Row, Table } from '../answers/row.ts';

const KEY = 'dGhlIHNhbXBsZSBub25jZQ==';
const FROM = '15550110040';
const incoming = (name: string, body: object): Row => ({
  name,
  method: 'POST',
  path: '/sandbox/api/incoming',
  body: { from: FROM, ...body },
});
const socket = (target: string, more = ''): string =>
  `GET ${target} HTTP/1.1\nHost: localhost\nConnection: Upgrade\nUpgrade: websocket\nSec-WebSocket-Version: 13\nSec-WebSocket-Key: ${KEY}\n${more}\n`;
const LAST = 'the last one';

/** The event log: pages, streams, and sockets. Only messages that come in are compared, because their order is fixed. */
export const events: Table = {
  area: 'events',
  rows: [
    incoming('a first message', { body: 'the first one', key: 'FIRST', name: 'Ann' }),
    incoming('a picture', {
      media: { mimetype: 'image/png', data: 'AAAA', caption: 'a dot' },
      key: 'PICTURE',
    }),
    incoming('a message of a group', {
      from: '123-456@g.us',
      author: FROM,
      body: 'in a group',
      key: 'GROUP',
    }),
    incoming('a last message', { body: LAST, key: 'LAST', quoted: 'FIRST' }),
    { name: 'a page', path: '/api/events?types=message&limit=10', until: LAST },
    { name: 'a page by Accept', path: '/api/events?types=message', headers: { accept: 'application/json' } },
    { name: 'a short page', path: '/api/events?types=message&limit=1' },
    { name: 'a page of a session', path: '/api/events?types=message&limit=2&session=default' },
    { name: 'a page of another session', path: '/api/events?types=message&limit=2&session=other' },
    { name: 'a page behind the end', path: '/api/events?limit=1&after=9999999&wait=0' },
    {
      name: 'a page with wrong parameters',
      path: '/api/events?after=x&limit=0&types=a,b&wait=99&session=A&more=1',
    },
    { name: 'a page as a picture', path: '/api/events', headers: { accept: 'image/png' } },
    {
      name: 'a page with a limit, as a stream',
      path: '/api/events?limit=1',
      headers: { accept: 'text/event-stream' },
    },
    { name: 'a stream', path: '/api/events?types=message&after=0', cutAt: LAST },
    {
      name: 'a stream by Last-Event-ID',
      path: '/api/events?types=message',
      headers: { 'last-event-id': '0', accept: 'text/event-stream' },
      cutAt: LAST,
    },
    {
      name: 'a stream by a wrong Last-Event-ID',
      path: '/api/events',
      headers: { 'last-event-id': 'x', accept: 'text/event-stream' },
    },
    { name: 'a stream by HEAD', method: 'HEAD', path: '/api/events?limit=1' },
    { name: 'events by POST', method: 'POST', path: '/api/events', body: {} },
    { name: 'a socket', raw: socket('/ws?types=message&after=0'), cutAt: LAST },
    { name: 'a socket with wrong parameters', raw: socket('/ws?types=x&after=y&more=1') },
    { name: 'a socket on a plain path', raw: socket('/api/whatsapp/status') },
    { name: 'a socket on an unknown path', raw: socket('/nothing') },
    { name: 'a socket of a foreign page', raw: socket('/ws', 'Origin: https://evil.example\n') },
    { name: 'a socket with a body', raw: socket('/ws', 'Content-Length: 1\n') },
    { name: 'a socket of another version', raw: socket('/ws').replace('Version: 13', 'Version: 7') },
    { name: 'a socket without a key', raw: socket('/ws').replace(/Sec-WebSocket-Key: .*\n/, '') },
    { name: 'an upgrade to another protocol', raw: socket('/ws').replace('websocket', 'h2c') },
    { name: 'a plain request to the socket', path: '/ws' },
  ],
};
