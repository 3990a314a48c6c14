import assert from 'node:assert/strict';
import { CAPABILITIES } from '../../../../services/bridge/page/compat/capabilities.ts';
import type { RequestKind } from '../../../../services/contract/compat.ts';
import type { BridgeContent } from '../../../../services/contract/content.ts';
import { until } from '../../until.ts';
import { DOT } from '../send-support.ts';
import type { World } from '../world.ts';
import type { Cell, Cells } from './cells.ts';
import type { Column } from './columns.ts';

const PERSON = '15552223000@c.us';
const TARGET = `true_${PERSON}_3EB0000000000000000000`;

/** A request of each kind. */
const SAMPLES: Readonly<Record<RequestKind, BridgeContent>> = {
  text: { kind: 'text', text: 'too early' },
  media: { kind: 'media', mimetype: 'image/png', data: DOT },
  location: { kind: 'location', latitude: 52.5, longitude: 13.25 },
  contact: { kind: 'contact', name: 'Ada', phone_number: '15551234567' },
  reply: { kind: 'text', text: 'too early', reply_to: TARGET },
  edit: { kind: 'edit', target: TARGET, text: 'edited' },
  delete: { kind: 'delete', target: TARGET },
  reaction: { kind: 'reaction', target: TARGET, emoji: '👍' },
};

/** The session must say why it is not ready, and be ready at no time; every request must wait. */
export async function runUnusable(
  world: World,
  { states, reason }: NonNullable<Column['unusable']>,
): Promise<Cells> {
  const told = () => world.api.ofKind('state').map(({ data }) => data);
  await until(
    `the session says ${reason}`,
    async () => {
      await world.phone('scan', {}).catch(() => 'the page may never show a code');
      return told().some((said) => states.includes(said.state) && reason.test(said.reason ?? ''));
    },
    { more: () => JSON.stringify(told()) },
  );
  const cells = new Map<string, Cell>();
  for (const { name, kinds } of CAPABILITIES) {
    const [kind] = kinds;
    cells.set(name, kind === undefined ? 'none' : 'waits');
    if (kind === undefined) continue;
    const { status, body } = await world.call('POST', '/send', { chatId: PERSON, content: SAMPLES[kind] });
    assert.equal(status, 503, JSON.stringify(body));
    assert.match(JSON.stringify(body), /whatsapp_not_ready/);
  }
  assert.deepEqual(world.received(), []);
  assert.ok(!told().some(({ state }) => state === 'ready'), 'the session was ready');
  return Object.fromEntries(cells);
}
