import assert from 'node:assert/strict';
import { AckSchedule } from '../../../services/sandbox/phone/ack-schedule.ts';
import { DEFAULT_POLICY } from '../../../services/sandbox/web/policy.ts';
import { until } from '../../support/until.ts';

describe('acks at the phone of the sandbox', () => {
  it('come in order, also when the process was held up while those of an earlier message were due', async () => {
    // The second message's last ack is as long after its receipt as the first one's, which is due before its first ack.
    const policy = { ...DEFAULT_POLICY, serverAckMs: 50, deviceAckMs: 5, readAckMs: 10 };
    const acks: string[] = [];
    const schedule = new AckSchedule((id, ack) => {
      acks.push(`${id} ${ack}`);
      if (id !== 'first' || ack !== 2) return;
      schedule.follow('second', 0, policy);
      // As a machine does that gives this process no turn.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 100);
    });
    schedule.follow('first', 0, policy);
    await until('both are read', () => acks.includes('first 3') && acks.includes('second 3'));
    const of = (id: string) => acks.filter((ack) => ack.startsWith(id));
    assert.deepEqual(of('first'), ['first 1', 'first 2', 'first 3']);
    assert.deepEqual(of('second'), ['second 1', 'second 2', 'second 3']);
  });
});
