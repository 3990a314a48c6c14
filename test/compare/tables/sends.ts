import type { Row, Table } from '../answers/row.ts';
import { DOT } from '../data-folder/scene.ts';

const TO = '15550110001@c.us';
const send = (name: string, body: unknown, more: Partial<Row> = {}): Row => ({
  name,
  method: 'POST',
  path: '/api/whatsapp/send',
  body,
  ...more,
});
const text = (name: string, more: object): Row => send(name, { chat_id: TO, message: name, ...more });
const medium = (name: string, media: object, more: object = {}): Row =>
  send(name, { chat_id: TO, media, ...more });
const data = { data: DOT, mimetype: 'image/png' };

/** Each kind of message, and each way to get one wrong. */
export const sends: Table = {
  area: 'send',
  rows: [
    send('a text', { chat_id: TO, message: 'Hello' }, { keep: { sent: ['message_id'], sentId: ['id'] } }),
    send('a text to a phone number', { chat_id: '+1 (555) 011-0001', message: 'a number' }),
    text('a text in reply', { reply_to: '{sent}' }),
    text('a text with mentions', { mentions: ['15550110009'] }),
    text('a text without preview', { message: 'see https://example.com', link_preview: false }),
    text('a text with emoji and two directions', { message: '👩‍👩‍👧 שלום' }),
    medium('a picture', { ...data, filename: 'dot.png' }, { message: 'caption' }),
    medium('a document', { ...data, as_document: true }),
    medium('a voice message', { data: 'T2dnUw==', mimetype: 'audio/ogg; codecs=opus', as_voice: true }),
    send('a place', {
      chat_id: TO,
      location: { latitude: 52.5, longitude: 13.4, name: 'Berlin', address: 'Mitte' },
    }),
    send('a contact', { chat_id: TO, contact: { name: 'Ann', phone_number: '+1 555 011 0002' } }),
    send(
      'at once',
      { chat_id: TO, message: 'later' },
      { headers: { prefer: 'respond-async' }, keep: { asyncId: ['id'] } },
    ),
    { name: 'at once is sent', path: '/api/whatsapp/messages/{asyncId}', until: '"status":"sent"' },
    send('to somebody who is not on WhatsApp', { chat_id: '15550110404', message: 'x' }),
    text('scheduled', { send_at: '{tomorrow}', expires_at: '{dayAfter}' }),

    send(
      'a first use of a key',
      { chat_id: TO, message: 'keyed' },
      { headers: { 'idempotency-key': 'k-1' } },
    ),
    send('a replay of a key', { chat_id: TO, message: 'keyed' }, { headers: { 'idempotency-key': 'k-1' } }),
    send(
      'a key for another body',
      { chat_id: TO, message: 'other' },
      { headers: { 'idempotency-key': 'k-1' } },
    ),
    send('a key that is empty', { chat_id: TO, message: 'x' }, { headers: { 'idempotency-key': '' } }),
    send(
      'a key that is too long',
      { chat_id: TO, message: 'x' },
      { headers: { 'idempotency-key': 'k'.repeat(300) } },
    ),

    send('an empty body', {}),
    send('no body', undefined),
    send('a body that is no JSON', '{"chat_id":'),
    send('a body that is a list', []),
    send('a body of another type', '{}', { headers: { 'content-type': 'text/plain' } }),
    send('a body in another charset', '{}', {
      headers: { 'content-type': 'application/json; charset=utf-16' },
    }),
    send('a body with a coding', '{}', { headers: { 'content-encoding': 'br' } }),
    send('a body of two wrong types', { chat_id: 15551234567, message: '', mesage: 'x' }),
    send('a recipient who is nobody', { chat_id: 'nobody', message: 'x' }),
    send('a recipient who is too long', { chat_id: `${'1'.repeat(130)}@c.us`, message: 'x' }),
    send('a message with NUL', { chat_id: TO, message: 'a\0b' }),
    send('a message that is too long', { chat_id: TO, message: 'x'.repeat(70_000) }),
    send('two kinds', {
      chat_id: TO,
      location: { latitude: 1, longitude: 2 },
      contact: { name: 'A', phone_number: '15550110002' },
    }),
    text('mentions that are nobody', { mentions: ['nobody'] }),
    send('mentions without a message', {
      chat_id: TO,
      location: { latitude: 1, longitude: 2 },
      mentions: [TO],
    }),
    send('a preview without a text', { chat_id: TO, media: data, link_preview: true }),
    text('another session', { session: 'other' }),
    text('a session of its own', { session: 'default' }),
    text('a reply to no id', { reply_to: 'a b' }),
    text('a time without zone', { send_at: '2999-01-01T00:00:00' }),
    text('an end in the past', { expires_at: '2020-01-01T00:00:00Z' }),
    text('an end before the start', { send_at: '{dayAfter}', expires_at: '{tomorrow}' }),
    send('a place out of range', { chat_id: TO, location: { latitude: 91, longitude: -181 } }),
    send('a contact without number', { chat_id: TO, contact: { name: '' } }),
    medium('a medium without source', {}),
    medium('a medium with two sources', { ...data, url: 'https://example.com/a.png' }),
    medium('a medium without type', { data: DOT }),
    medium('a medium that is no base64', { data: 'data:image/png;base64,AA==', mimetype: 'image/png' }),
    medium('a medium of a type that is refused', { data: DOT, mimetype: 'font/woff2' }),
    medium('a medium as both', { ...data, as_document: true, as_voice: true }),
    medium('a medium from no URL', { url: 'ftp://example.com/a.png' }),
    medium('a medium from a private address', { url: 'http://127.0.0.1:1/a.png' }),
    medium('a medium from a network of the cloud', { url: 'http://169.254.169.254/latest' }),
    medium('a medium from an unknown upload', { upload: 'unknown' }),
    medium('a medium with a wrong name', { ...data, filename: 'a/b' }),
  ],
};
