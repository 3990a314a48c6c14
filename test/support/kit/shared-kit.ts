import { type Kit, startKit } from './kit.ts';

/** The keys of the kit that `sharedKit('keyed')` returns. */
export const KEY = 'a-key-of-more-than-24-characters';
export const OTHER_KEY = 'another-key-of-more-than-24-chars';

const VARIANTS = {
  /** On loopback behind the Node gate, without a key. The phone does not link itself. */
  open: { SANDBOX_AUTO_LINK: 'false' },
  /** On every address behind the nginx gate, with two keys. The phone links itself. */
  keyed: {
    GATE: 'nginx',
    GATEHOUSE_PROFILE: 'docker',
    SANDBOX_ALLOWED: 'true',
    API_KEYS: `${KEY},${OTHER_KEY}`,
  },
} as const satisfies Record<string, Readonly<Record<string, string>>>;

export type Variant = keyof typeof VARIANTS;

const kits = new Map<Variant, Promise<Kit>>();

/**
 * Returns a kit that all test files of this worker share: linked, without misbehaviour, with an empty outbox. Starts it
 * on the first call, and kills it when the worker ends. Each test uses chats and texts of its own. A test that stops a
 * process of the kit starts its own kit instead.
 */
export async function sharedKit(variant: Variant = 'open'): Promise<Kit> {
  const kit = await runningKit(variant);
  await reset(kit, variant);
  await link(kit, variant);
  return kit;
}

/** Returns the open kit while it shows a QR code and no phone is linked, without misbehaviour and with an empty outbox. */
export async function sharedUnlinkedKit(): Promise<Kit> {
  const kit = await runningKit('open');
  await reset(kit, 'open');
  const { state } = (await kit.health()).whatsapp;
  if (state === 'ready') await kit.post('/sandbox/api/unlink');
  if (state === 'stopped') await kit.post('/api/whatsapp/connect');
  await kit.until('the session shows a QR code', async () => (await kit.health()).whatsapp.state === 'qr');
  return kit;
}

/** Stops the shared kits, for the last test file of a worker that uses them. The next call of `sharedKit` starts another. */
export async function endSharedKits(): Promise<void> {
  const running = [...kits.values()];
  kits.clear();
  for (const started of await Promise.allSettled(running))
    if (started.status === 'fulfilled') await started.value[Symbol.asyncDispose]();
}

/** Waits until WhatsApp is ready and the demo has sent its own first message. */
export async function firstMessageSent(kit: Kit): Promise<void> {
  await kit.ready();
  await kit.until('the first message was sent', () => kit.output.includes('Ctrl-C stops everything'));
}

function runningKit(variant: Variant): Promise<Kit> {
  const started = kits.get(variant) ?? start(variant);
  kits.set(variant, started);
  return started;
}

async function start(variant: Variant): Promise<Kit> {
  return (await startKit({ env: VARIANTS[variant] })).up();
}

const headersOf = (variant: Variant): Record<string, string> =>
  variant === 'keyed' ? { 'x-api-key': KEY } : {};

async function reset(kit: Kit, variant: Variant): Promise<void> {
  const headers = headersOf(variant);
  const behaved = await kit.post('/sandbox/api/behave', {}, headers);
  if (!behaved.ok) throw new Error(`POST /sandbox/api/behave answered ${behaved.status}`);
  await kit.until('the outbox is empty', async () => {
    const left = (
      await Promise.all(['queued', 'sending'].map((status) => idsOf(kit, status, headers)))
    ).flat();
    for (const id of left)
      await fetch(`${kit.origin}/api/whatsapp/messages/${id}`, { method: 'DELETE', headers });
    return left.length === 0;
  });
}

async function idsOf(kit: Kit, status: string, headers: Record<string, string>): Promise<string[]> {
  const answer = await fetch(`${kit.origin}/api/whatsapp/messages?status=${status}&limit=100`, { headers });
  const { messages }: { messages: { id: string }[] } = await answer.json();
  return messages.map(({ id }) => id);
}

async function link(kit: Kit, variant: Variant): Promise<void> {
  const headers = headersOf(variant);
  await kit.until('the phone is linked', async () => {
    const { state } = (await kit.health()).whatsapp;
    if (state === 'stopped') await kit.post('/api/whatsapp/connect', {}, headers);
    if (state === 'qr' && variant === 'open') await kit.post('/sandbox/api/scan');
    return state === 'ready';
  });
  await firstMessageSent(kit);
}
