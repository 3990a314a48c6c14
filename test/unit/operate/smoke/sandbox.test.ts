import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { json, KEY, startDeployment, withKey } from '../../../support/operate/smoke/deployments.ts';
import { assertFailed, rowOf, smokeNearby } from '../../../support/operate/smoke/row.ts';

interface Wishes {
  /** How often the phone receives what was sent once. */
  readonly copies?: number;
  readonly isLinked?: boolean;
  /** Whether the phone's answers come to /api/events. */
  readonly tells?: boolean;
  readonly sendStatus?: number;
}

/** A deployment whose stand-in receives, answers and tells as wished. */
function startSandbox({ copies = 1, isLinked = true, tells = true, sendStatus = 200 }: Wishes) {
  const received: { body: string }[] = [];
  const readers = new Set<(line: string) => void>();
  const bodyOf = async (request: IncomingMessage) => JSON.parse(await text(request));
  return startDeployment({
    routes: ['/sandbox'],
    paths: {
      '/sandbox/api/health': json(200, { status: 'ok' }),
      '/sandbox/api/state': withKey(json(200, { linked: isLinked })),
      '/sandbox/api/messages': withKey((request, response) => json(200, received)(request, response)),
      '/sandbox/api/incoming': withKey(async (request, response) => {
        const { body } = await bodyOf(request);
        if (tells) for (const tell of readers) tell(`data: ${JSON.stringify({ body })}\n\n`);
        json(200, { id: randomUUID() })(request, response);
      }),
      '/api/whatsapp/send': withKey(async (request, response) => {
        const { message } = await bodyOf(request);
        received.push(...Array.from({ length: copies }, () => ({ body: message })));
        json(sendStatus, { status: 'sent', message_id: 'x', reason: 'the phone is asleep' })(
          request,
          response,
        );
      }),
      '/api/events': withKey((_request, response) => {
        response.writeHead(200, { 'content-type': 'text/event-stream' }).write(': events follow\n\n');
        const tell = (line: string) => void response.write(line);
        readers.add(tell);
        response.on('close', () => readers.delete(tell));
      }),
    },
  });
}

describe('smoke test, of a sandbox', () => {
  it('sends once, sees the message at the phone and its answer among the events', async () => {
    await using sandbox = await startSandbox({});
    const report = await smokeNearby(sandbox.origin, { apiKey: KEY });
    assertFailed(report);
    assert.equal(rowOf(report, 'send').state, 'passed');
  });

  /** The limit is low only where the check waits in full for something that does not come. */
  const LOW = 200;
  const faults: readonly (readonly [what: string, wishes: Wishes, evidence: RegExp, arrivesMs?: number])[] = [
    ['a message that arrives twice', { copies: 2 }, /the phone received it 2 times$/],
    ['a message that does not arrive', { copies: 0 }, /the phone has not received it within 200 ms$/, LOW],
    ['events that do not come', { tells: false }, /was not on \/api\/events within 200 ms$/, LOW],
    ['a message that waits', { sendStatus: 202 }, /answered 202 \(the phone is asleep\)$/],
    ['a message that is refused', { sendStatus: 500 }, /answered 500/],
  ];
  it(`finds ${faults.map(([what]) => what).join(', ')}`, async () => {
    await Promise.all(
      faults.map(async ([, wishes, evidence, arrivesMs = 10_000]) => {
        await using sandbox = await startSandbox(wishes);
        const report = await smokeNearby(sandbox.origin, { apiKey: KEY, limits: { arrivesMs } });
        assertFailed(report, 'send');
        assert.match(rowOf(report, 'send').evidence, evidence);
      }),
    );
  });

  it('warns where no phone is linked, and fails where a message was asked for', async () => {
    await using sandbox = await startSandbox({ isLinked: false });
    const report = await smokeNearby(sandbox.origin, { apiKey: KEY });
    assertFailed(report);
    assert.equal(rowOf(report, 'send').state, 'warned');
    assertFailed(await smokeNearby(sandbox.origin, { apiKey: KEY, send: true }), 'send');
  });
});
