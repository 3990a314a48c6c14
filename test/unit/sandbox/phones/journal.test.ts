import assert from 'node:assert/strict';
import { appendFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { A, ANSWERS_AT_ONCE, B, sent, TO } from '../../../support/sandbox/phones-world.ts';
import { recordOf, SandboxFolder } from '../../../support/sandbox/sandbox-folder.ts';

describe('sandbox on the journal of an earlier release', () => {
  it('gives each record to the account that was linked at that point', async () => {
    await using world = await SandboxFolder.open({ policy: ANSWERS_AT_ONCE });
    await world.running.close();
    const path = join(world.folder, 'sandbox', 'phone.jsonl');
    const device = (id: string, number: string) => ({ id, pn: `${number}@c.us`, lid: '1@lid', pushname: id });
    const kept = (key: string, delivered: boolean) => ({
      kind: 'message',
      message: { ...sent(key), origin: 'kit', received_at: '', delivered },
    });
    const early = {
      ...kept('EARLY', false).message,
      id: `false_${TO}_EARLY`,
      from_me: false,
      origin: 'contact',
    };
    const records = [
      { kind: 'message', message: early },
      { kind: 'linked', device: device('first', A), at: '' },
      { kind: 'delivered', ids: [early.id] },
      kept('ONE', true),
      { kind: 'linked', device: device('second', B), at: '' },
      kept('TWO', true),
      // Of the account that was linked before: that release had one state for all.
      { kind: 'ack', id: sent('ONE').id, ack: 3 },
      { kind: 'unlinked', by: 'page', device_id: 'first', at: '' },
    ];
    appendFileSync(path, records.map((record) => `${JSON.stringify(record)}\n`).join(''));
    const { phone } = await world.startSandbox({ policy: ANSWERS_AT_ONCE });
    const idsOf = (number: string) => [...phone.accounts.demand(number).state.messages.keys()];
    assert.deepEqual(idsOf(A), [early.id, sent('ONE').id]);
    assert.deepEqual(idsOf(B), [sent('TWO').id]);
    assert.equal(phone.accounts.demand(A).state.messages.get(sent('ONE').id)?.ack, 3);
    assert.deepEqual(
      phone.accounts.all.map(({ number, isLinked }) => [number, isLinked]),
      [
        [A, false],
        [B, true],
      ],
    );
    assert.equal(phone.account.number, B);
  });

  it('writes the account into each record, beside what an earlier release reads', async () => {
    await using world = await SandboxFolder.open({ policy: ANSWERS_AT_ONCE });
    await world.control('incoming', { from: TO, body: 'x' });
    const [line = ''] = readFileSync(join(world.folder, 'sandbox', 'phone.jsonl'), 'utf8').split('\n');
    const { account, kind, message: kept } = recordOf(JSON.parse(line));
    assert.deepEqual([account, kind, recordOf(kept).body], [A, 'message', 'x']);
  });
});
