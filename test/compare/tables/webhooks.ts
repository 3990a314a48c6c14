import type { Table } from '../answers/row.ts';
import { WEBHOOK_SECRET } from '../data-folder/scene.ts';

const ALL = '/api/webhooks';
const ONE = `${ALL}/{webhookId}`;
const URL = 'https://hook.invalid/hook';

/** Webhooks: each call, and each way to get it wrong. The receiver has a name that nobody can have. */
export const webhooks: Table = {
  area: 'webhooks',
  rows: [
    { name: 'none', path: ALL },
    {
      name: 'a new one',
      method: 'POST',
      path: ALL,
      body: { url: URL, types: ['call'] },
      keep: { webhookId: ['id'] },
    },
    {
      name: 'a new one with a secret',
      method: 'POST',
      path: ALL,
      body: { url: URL, types: ['call'], secret: WEBHOOK_SECRET, after: 0 },
      keep: { otherId: ['id'] },
    },
    { name: 'a new one without a body', method: 'POST', path: ALL },
    { name: 'a new one without a URL', method: 'POST', path: ALL, body: {} },
    {
      name: 'a new one with wrong fields',
      method: 'POST',
      path: ALL,
      body: { url: 'x', types: ['y'], secret: 'z', after: -1, more: 1 },
    },
    {
      name: 'a new one at a private address',
      method: 'POST',
      path: ALL,
      body: { url: 'http://127.0.0.1/hook' },
    },
    {
      name: 'a new one with a password in its URL',
      method: 'POST',
      path: ALL,
      body: { url: 'https://a:b@example.com/' },
    },
    { name: 'the list', path: ALL },
    { name: 'one', path: ONE },
    { name: 'one that is unknown', path: `${ALL}/unknown` },
    { name: 'a change', method: 'PATCH', path: ONE, body: { types: null, status: 'paused' } },
    { name: 'a change with wrong fields', method: 'PATCH', path: ONE, body: { status: 'x', types: [] } },
    { name: 'a change of what is unknown', method: 'PATCH', path: `${ALL}/unknown`, body: {} },
    { name: 'a new secret', method: 'POST', path: `${ONE}/rotate-secret`, body: {} },
    {
      name: 'a new secret that is wrong',
      method: 'POST',
      path: `${ONE}/rotate-secret`,
      body: { secret: 'x' },
    },
    { name: 'a test with a field', method: 'POST', path: `${ONE}/test`, body: { x: 1 } },
    { name: 'a test of what is unknown', method: 'POST', path: `${ALL}/unknown/test`, body: {} },
    { name: 'dead letters', path: `${ONE}/dead-letters` },
    { name: 'dead letters with wrong parameters', path: `${ONE}/dead-letters?after=x&limit=0&more=1` },
    { name: 'dead letters of what is unknown', path: `${ALL}/unknown/dead-letters` },
    { name: 'a redrive of all', method: 'POST', path: `${ONE}/dead-letters/redrive`, body: { all: true } },
    { name: 'a redrive of some', method: 'POST', path: `${ONE}/dead-letters/redrive`, body: { ids: [1, 2] } },
    { name: 'a redrive of nothing', method: 'POST', path: `${ONE}/dead-letters/redrive`, body: {} },
    { name: 'a removal of dead letters', method: 'DELETE', path: `${ONE}/dead-letters` },
    { name: 'a removal of one dead letter', method: 'DELETE', path: `${ONE}/dead-letters/1` },
    { name: 'a removal of a wrong dead letter', method: 'DELETE', path: `${ONE}/dead-letters/x` },
    { name: 'a removal', method: 'DELETE', path: ONE },
    { name: 'a removal, repeated', method: 'DELETE', path: ONE },
    { name: 'the removal of the other', method: 'DELETE', path: `${ALL}/{otherId}` },
    { name: 'another method', method: 'PUT', path: ALL, body: {} },
  ],
};
