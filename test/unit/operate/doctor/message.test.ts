import assert from 'node:assert/strict';
import { followMessage, judgeNoMessage } from '../../../../operate/doctor/message/follow.ts';
import { printMessage } from '../../../../operate/doctor/message/print-message.ts';
import { type TracedMessage, traceMessage } from '../../../../operate/doctor/message/trace.ts';
import { paintFor } from '../../../../operate/doctor/print.ts';
import { serve, textOfFinding } from '../../../support/operate/doctor/look.ts';

const ACCEPTED = '2026-11-28T12:00:00.000Z';
const NOW = Date.parse('2026-11-28T12:10:00.000Z');
const message: TracedMessage = { id: '3EB0AA', status: 'queued', attempts: 0, accepted_at: ACCEPTED };

describe('doctor, tracing a message', () => {
  const trace = (over: Partial<TracedMessage>) => traceMessage({ ...message, ...over }, NOW);

  it('names the hop that it waits at, and since when', () => {
    const queued = trace({ reason: 'paced: messages go out one by one' });
    assert.deepEqual(
      [queued.waits_for, queued.since, queued.finding.severity],
      ['dispatched', ACCEPTED, 'warning'],
    );
    assert.match(queued.finding.remedy ?? '', /PACING_PER_MINUTE/);
    const dispatchedAt = '2026-11-28T12:09:50.000Z';
    const sending = trace({ status: 'sending', dispatched_at: dispatchedAt, reason: 'it is being sent' });
    assert.deepEqual(
      [sending.waits_for, sending.since, sending.finding.severity],
      ['server', dispatchedAt, 'note'],
    );
    const sent = trace({ status: 'sent', dispatched_at: dispatchedAt, server_ack_at: dispatchedAt });
    assert.equal(sent.waits_for, 'delivered');
    assert.equal(sent.finding.severity, 'note');
    const read = trace({
      status: 'read',
      dispatched_at: dispatchedAt,
      server_ack_at: dispatchedAt,
      read_at: dispatchedAt,
    });
    assert.equal(read.waits_for, undefined);
    assert.equal(read.finding.severity, 'good');
  });

  it('does not count a try that was turned away', () => {
    const again = trace({
      dispatched_at: '2026-11-28T12:05:00.000Z',
      attempts: 3,
      next_try_at: '2026-11-28T12:11:00.000Z',
    });
    assert.deepEqual([again.waits_for, again.since], ['dispatched', ACCEPTED]);
    assert.match(again.finding.evidence.join(), /tried 3 times, next at/);
  });

  it('waits in peace for the time that it is to be sent at', () => {
    const later = trace({ send_at: '2026-11-29T12:00:00.000Z' });
    assert.equal(later.finding.severity, 'note');
    assert.match(later.finding.remedy ?? '', /until 2026-11-29/);
  });

  it('gives the remedy of the code of one that failed', () => {
    const failed = trace({
      status: 'failed',
      ended_at: ACCEPTED,
      reason: 'no account',
      error: { code: 'recipient_not_on_whatsapp', title: 'Recipient not on WhatsApp', remedy: 'x' },
    });
    assert.equal(failed.finding.severity, 'error');
    assert.match(failed.finding.remedy ?? '', /Check the number/);
    const later = trace({
      status: 'failed',
      error: { code: 'of_a_later_version', title: 'T', remedy: 'do this' },
    });
    assert.equal(later.finding.remedy, 'do this');
    assert.equal(trace({ status: 'canceled' }).finding.severity, 'note');
  });

  it('shows nothing of a stranger that answers: no text, no terminal codes, and says who it is', async () => {
    const options = { settings: {}, env: {}, folder: '/nowhere' };
    for (const [type, body] of [
      ['application/json', '{"accepted_at":"yesterday","status":"\\u001b[2J"}'],
      [
        'application/json',
        JSON.stringify({ ...message, status: '\u001b[31m', reason: 'to 15551234567@c.us' }),
      ],
      ['text/html', '<center>nginx/1.2</center>'],
      ['application/json', '[]'],
    ] as const) {
      await using stranger = await serve((_request, response) =>
        response.writeHead(200, { 'content-type': type }).end(body),
      );
      const report = await followMessage('3EB0AA', { ...options, url: stranger.url });
      const text = printMessage(report, paintFor(false)) + JSON.stringify(report);
      assert.doesNotMatch(text, /[\u0000-\u0009\u000b-\u001f]|15551234567/, body);
    }
  });

  it('sends no key over plain http to another machine, and says so', () => {
    const finding = judgeNoMessage(
      {
        kind: 'answer',
        status: 401,
        headers: { 'content-type': 'application/problem+json' },
        text: '{"code":"key_missing"}',
        tookMs: 1,
        at: 0,
      },
      {
        origin: new URL('http://kit.example'),
        isLocal: false,
        keyWithheld: 'no API key is sent over plain http',
      },
    );
    assert.match(textOfFinding(finding), /401 key_missing\nno API key is sent over plain http/);
  });
});
