import type { BridgeLimits } from '../../../../services/bridge/limits.ts';
import type { SendMode } from '../../../../services/sandbox/web/policy.ts';
import type { Cell, Cells } from './cells.ts';

/** Contracts whose first step is a send to a stranger. */
const STRANGERS = [
  ...['send_text', 'chosen_ids', 'send_media', 'send_location', 'send_contact', 'link_preview', 'recipients'],
  ...['edit', 'revoke', 'resend', 'own_chat', 'own_lid', 'acks', 'offline_delivery', 'reconnect'],
];
const ALL = [...STRANGERS, 'reply'];

/** No message gets an ack, so the watchdog would step in. The test is not about it here. */
const PATIENT_WATCHDOG = { ackTimeoutMs: 600_000 };

const all = (cell: Cell, names: readonly string[] = ALL): Cells =>
  Object.fromEntries(names.map((name) => [name, cell]));

/** A retry adds no message. */
const NOTHING_NEW: Cells = { ...all('waits'), resend: 'ok' };

interface ModeColumn {
  readonly with: `mode=${SendMode}`;
  readonly because: string;
  readonly cells: Cells;
  readonly limits?: Partial<BridgeLimits>;
}

/** The switch `mode` has no one harsher side: each mode ends sends in another way. */
export const MODE_COLUMNS: readonly ModeColumn[] = [
  {
    with: 'mode=no-ack',
    because: 'the server has each message and acknowledges none',
    limits: PATIENT_WATCHDOG,
    cells: { ...all('waits'), reconnect: 'none' },
  },
  { with: 'mode=fail-result', because: 'the server refuses each message', cells: all('refused') },
  {
    with: 'mode=restrict-cold',
    because: 'the server refuses strangers (463)',
    cells: all('waits', STRANGERS),
  },
  {
    with: 'mode=cap-new-chats',
    because: 'the server refuses new chats (475)',
    cells: all('waits', STRANGERS),
  },
  { with: 'mode=fail-network', because: 'nothing leaves the page', cells: all('waits') },
  { with: 'mode=fail-send', because: 'nothing leaves the page, for no known reason', cells: all('waits') },
  { with: 'mode=blocked', because: 'this account has blocked everybody', cells: all('refused') },
  { with: 'mode=fail-add', because: 'no message can be added', cells: NOTHING_NEW },
  {
    with: 'mode=hang-add',
    because: 'the page never adds a message, and does not say so',
    limits: { sendMs: 3_000 },
    cells: NOTHING_NEW,
  },
  { with: 'mode=fail-upload', because: 'no medium can be uploaded', cells: { send_media: 'waits' } },
];
