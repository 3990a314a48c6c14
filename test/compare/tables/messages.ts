import type { Table } from '../answers/row.ts';
import { DOT } from '../data-folder/scene.ts';

const MESSAGES = '/api/whatsapp/messages';
const ONE = `${MESSAGES}/{messageId}`;
const CHAT = '15550110020@c.us';

/** The outbox: lists, one message, and what can be done to it. It begins with messages of its own. */
export const messages: Table = {
  area: 'messages',
  rows: [
    {
      name: 'a message to work on',
      method: 'POST',
      path: '/api/whatsapp/send',
      body: { chat_id: CHAT, message: 'draft' },
      keep: { message: ['message_id'], messageId: ['id'] },
    },
    {
      name: 'a message for tomorrow',
      method: 'POST',
      path: '/api/whatsapp/send',
      body: { chat_id: CHAT, message: 'tomorrow', send_at: '{tomorrow}', expires_at: '{dayAfter}' },
      keep: { waitingId: ['id'] },
    },
    { name: 'one', path: ONE, until: '"status":"sent"' },
    { name: 'one by its WhatsApp id', path: `${MESSAGES}/{message}` },
    { name: 'one that is unknown', path: `${MESSAGES}/3EB0000000000000000000` },
    { name: 'one with a strange id', path: `${MESSAGES}/a%20b` },
    { name: 'the list of a chat', path: `${MESSAGES}?chat_id=${CHAT}` },
    {
      name: 'the list of a chat, oldest first',
      path: `${MESSAGES}?chat_id=%2B15550110020&order=asc&limit=1`,
    },
    { name: 'the list by kind and status', path: `${MESSAGES}?chat_id=${CHAT}&kind=text&status=queued` },
    { name: 'the list of nobody', path: `${MESSAGES}?chat_id=15550119999` },
    {
      name: 'the list with wrong parameters',
      path: `${MESSAGES}?chat_id=nobody&status=x&kind=y&limit=0&after=!&order=up&more=1`,
    },
    { name: 'a list with a parameter twice', path: `${MESSAGES}?limit=1&limit=2` },
    { name: 'a reaction', method: 'POST', path: `${ONE}/reaction`, body: { emoji: '👍' } },
    { name: 'a reaction taken back', method: 'POST', path: `${ONE}/reaction`, body: { emoji: '' } },
    {
      name: 'a reaction that is none',
      method: 'POST',
      path: `${ONE}/reaction`,
      body: { emoji: 'word and more words' },
    },
    { name: 'an edit', method: 'PATCH', path: ONE, body: { message: 'final' } },
    {
      name: 'an edit with a key',
      method: 'PATCH',
      path: ONE,
      body: { message: 'keyed' },
      headers: { 'idempotency-key': 'e-1' },
    },
    { name: 'an edit without words', method: 'PATCH', path: ONE, body: {} },
    {
      name: 'an edit of what waits',
      method: 'PATCH',
      path: `${MESSAGES}/{waitingId}`,
      body: { message: 'x' },
    },
    {
      name: 'an edit of a message of others',
      method: 'PATCH',
      path: `${MESSAGES}/false_${CHAT}_3EB0000000000000000000`,
      body: { message: 'x' },
    },
    { name: 'a deletion', method: 'POST', path: `${ONE}/revoke`, body: {} },
    { name: 'a deletion with a field', method: 'POST', path: `${ONE}/revoke`, body: { x: 1 } },
    {
      name: 'a deletion of what is unknown',
      method: 'POST',
      path: `${MESSAGES}/3EB0000000000000000000/revoke`,
      body: {},
    },
    { name: 'a cancel', method: 'DELETE', path: `${MESSAGES}/{waitingId}` },
    { name: 'a cancel, repeated', method: 'DELETE', path: `${MESSAGES}/{waitingId}` },
    { name: 'a cancel that is too late', method: 'DELETE', path: ONE },
    { name: 'a cancel of what is unknown', method: 'DELETE', path: `${MESSAGES}/3EB0000000000000000000` },
    { name: 'the list after all of this', path: `${MESSAGES}?chat_id=${CHAT}&order=asc` },

    {
      name: 'an upload',
      method: 'POST',
      path: '/api/whatsapp/media?filename=dot.png',
      body: Buffer.from(DOT, 'base64'),
      headers: { 'content-type': 'image/png' },
      keep: { uploadId: ['id'] },
    },
    {
      name: 'an upload by disposition',
      method: 'POST',
      path: '/api/whatsapp/media',
      body: 'text',
      headers: { 'content-type': 'text/plain', 'content-disposition': 'attachment; filename="a.txt"' },
      keep: { namedId: ['id'] },
    },
    {
      name: 'an upload that is sent',
      method: 'POST',
      path: '/api/whatsapp/send',
      body: { chat_id: CHAT, media: { upload: '{uploadId}' } },
    },
    {
      name: 'an upload that is empty',
      method: 'POST',
      path: '/api/whatsapp/media',
      body: '',
      headers: { 'content-type': 'image/png' },
    },
    {
      name: 'an upload of a type that is refused',
      method: 'POST',
      path: '/api/whatsapp/media',
      body: 'x',
      headers: { 'content-type': 'font/woff2' },
    },
    {
      name: 'an upload of no type',
      method: 'POST',
      path: '/api/whatsapp/media',
      body: 'x',
      headers: { 'content-type': 'picture' },
    },
    {
      name: 'an upload with a wrong name',
      method: 'POST',
      path: '/api/whatsapp/media?filename=a%2Fb&more=1',
      body: 'x',
      headers: { 'content-type': 'image/png' },
    },
    { name: 'an upload by the wrong method', path: '/api/whatsapp/media' },
  ],
};
