import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { type Kit, NO_BROWSER, startKit } from '../../support/kit/kit.ts';

const LIMIT = 30;

describe('kit, while one client holds all connections of its port', () => {
  let kit: Kit;
  before(async () => {
    const env = { ...NO_BROWSER, GATE_MAX_CONNECTIONS: String(LIMIT) };
    kit = await (await startKit({ args: ['start'], env })).up();
  });
  after(() => kit?.[Symbol.asyncDispose]());

  it('answers others, and says on /health and in its log that connections are short', async () => {
    const port = Number(new URL(kit.origin).port);
    using stack = new DisposableStack();
    for (let turn = 0; turn < 4 * LIMIT; turn += 1) {
      const socket = connect({ port, host: '127.0.0.1', localAddress: '127.0.0.2' });
      socket.on('error', () => socket.destroy());
      stack.defer(() => socket.destroy());
    }
    const found = await kit.until('the health names it', async () => {
      const { pressure } = await (await fetch(`${kit.origin}/health`)).json();
      return Array.isArray(pressure) ? pressure[0] : undefined;
    });
    assert.deepEqual([found.service, found.resource, found.limit], ['gate', 'connections', LIMIT]);
    assert.match(kit.output, /a connection of 127\.0\.0\.2, which has most, was closed/);
  });
});
