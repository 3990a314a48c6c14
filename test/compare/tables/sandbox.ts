import type { Row, Table } from '../answers/row.ts';

const API = '/sandbox/api';
const misbehave = (name: string, body: object): Row => ({
  name,
  method: 'POST',
  path: `${API}/misbehave`,
  body,
});

/** The control of the phone, and its page. */
export const sandbox: Table = {
  area: 'sandbox',
  rows: [
    { name: 'the page', path: '/sandbox' },
    { name: 'the page with a slash', path: '/sandbox/' },
    { name: 'a file of the page that is unknown', path: '/sandbox/nothing.js' },
    { name: 'the health', path: `${API}/health` },
    { name: 'the state', path: `${API}/state` },
    { name: 'the messages of a chat', path: `${API}/messages?chat_id=15550110030@c.us` },
    { name: 'the messages of two chats', path: `${API}/messages?chat_id=a&chat_id=b` },
    { name: 'a chat', path: `${API}/chats/15550110040@c.us` },
    { name: 'a medium that is unknown', path: `${API}/media/unknown` },
    { name: 'the QR code, when linked', path: `${API}/qr.svg` },
    { name: 'a stream', path: `${API}/stream`, cutAt: 'chat_ids' },
    {
      name: 'an incoming message that is wrong',
      method: 'POST',
      path: `${API}/incoming`,
      body: { from: 'x', key: 'a b', more: 1 },
    },
    {
      name: 'an incoming message of nobody',
      method: 'POST',
      path: `${API}/incoming`,
      body: { from: 'x', body: 'y' },
    },
    misbehave('nothing', {}),
    misbehave('an unknown wish', { kind: 'unknown' }),
    misbehave('a policy that is wrong', { kind: 'policy', mode: 'x', addMs: -5 }),
    misbehave('a policy', { kind: 'policy', addMs: 1 }),
    misbehave('settings', { kind: 'settings', syncMs: 200 }),
    misbehave('settings that are wrong', { kind: 'settings', edition: 'x' }),
    misbehave('unregistered numbers', { kind: 'setUnregistered', numbers: ['15550110404'] }),
    misbehave('a call', { kind: 'call', from: '15550110040' }),
    misbehave('a reaction to what is unknown', {
      kind: 'reaction',
      id: 'unknown',
      text: 'x',
      from: '15550110040',
    }),
    misbehave('an edit', { kind: 'edit', id: 'false_15550110040@c.us_LAST', body: 'edited' }),
    misbehave('a deletion', { kind: 'revoke', id: 'false_15550110040@c.us_LAST' }),
    { name: 'an edit in the log', path: '/api/events?types=edited&limit=5', until: 'LAST' },
    { name: 'a deletion in the log', path: '/api/events?types=revoked&limit=5', until: 'LAST' },
    { name: 'a call in the log', path: '/api/events?types=call&limit=5', until: '"call_id"', isOpaque: true },
    { name: 'good behaviour with a field', method: 'POST', path: `${API}/behave`, body: { x: 1 } },
    { name: 'an unknown path', path: `${API}/nothing` },
    { name: 'another method', method: 'DELETE', path: `${API}/messages` },
  ],
};
