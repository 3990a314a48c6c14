import type { BridgeLimits } from '../../../../services/bridge/limits.ts';
import { CAPABILITIES } from '../../../../services/bridge/page/compat/capabilities.ts';
import type { SessionState } from '../../../../services/contract/events.ts';
import { DEFAULT_SETTINGS, EDITIONS } from '../../../../services/sandbox/web/settings.ts';
import type { Cell, Cells } from './cells.ts';
import { MODE_COLUMNS } from './mode-columns.ts';

/** One page, and what it makes of the capabilities. */
export interface Column {
  /** As in `SANDBOX_PAGE`. */
  readonly page: string;
  readonly because: string;
  /** Where a capability does otherwise than on the edition without switches. */
  readonly cells?: Cells;
  /** The capabilities that the bridge must report as broken. */
  readonly breaks?: readonly string[];
  readonly limits?: Partial<BridgeLimits>;
  /** The page is unusable: the session must never be ready, and must say this. */
  readonly unusable?: { readonly states: readonly SessionState[]; readonly reason: RegExp };
}

const EDITION_COLUMNS: readonly Column[] = EDITIONS.map((edition) => ({
  page: edition,
  because: 'the page of that date',
}));

/** The people of a part of the contracts: see `Scene.person`. */
const PEOPLE = [0, 1, 2, 3, 4, 5].map((n) => `1555222400${n}`);

/** Each switch at the side that is harder on the kit. */
const SWITCHES: readonly (Omit<Column, 'page'> & { readonly with: string })[] = [
  { with: 'addMs=200', because: 'messages are added one at a time, so each waits for those before it' },
  { with: 'bootDelayMs=1500', because: 'no module is there when the library looks for the first time' },
  { with: 'busyMs=1500', because: 'the page answers no call right after it has connected' },
  {
    with: 'deaf=add',
    because: 'the library would announce "ready" and hear nothing',
    unusable: { states: ['syncing', 'disconnected'], reason: /could not attach its listeners/ },
  },
  {
    with: 'debugDelayMs=-1',
    because: 'the library starts only in a page that tells its version',
    cells: { version: 'patched' },
  },
  { with: 'deliversDuplicates', because: 'a second stanza under one id would be a second message' },
  { with: 'deviceAckMs=-1', because: 'the ack "delivered" never comes' },
  {
    with: `lidChats,hiddenNumbers=${PEOPLE.join('+')}`,
    because: 'the page knows people by their LIDs only, until a number is looked up',
  },
  { with: 'historyMs=3000', because: '"synced" comes long before the history' },
  {
    with: 'late=WAWebCallCollection+WAWebSendReactionMsgAction+WAWebPrepRawMedia',
    because: 'three capabilities are broken until their modules load',
  },
  {
    with: 'lateMs=-1',
    because: 'the module of calls never loads',
    breaks: ['calls'],
  },
  { with: 'lidChats', because: 'chats have other ids than the numbers that are written to' },
  {
    with: `lidChats,numberChats=${PEOPLE.join('+')}`,
    because: 'some chats are under numbers, and others under LIDs',
  },
  { with: 'logoutNavMs=2000', because: 'the page stays long after it was unlinked' },
  { with: 'offlineDeliveryMs=2000', because: 'nothing leaves the page until then' },
  { with: 'onboarding', because: 'a dialog lies over the page' },
  { with: 'openingMs=1500', because: 'each connection takes long' },
  { with: 'pairMs=1500', because: 'each connection takes long' },
  { with: 'pairReloadMs=1000', because: 'the page reloads itself right after it was linked' },
  { with: 'passkey', because: 'a scan does not link' },
  { with: 'passkey,passkeyCode', because: 'neither does the passkey: a code must be compared' },
  { with: 'playedAckMs=0', because: 'the last ack comes first' },
  {
    with: 'previewMs=60000',
    because: 'the preview of a link takes longer than the bridge waits',
    limits: { previewMs: 500 },
    cells: { link_preview: 'without' },
  },
  { with: 'qrCount=1,qrEveryMs=1000', because: 'the page goes idle after its first code' },
  { with: 'qrEveryMs=500', because: 'each code is void soon' },
  { with: 'readAckMs=-1', because: 'the ack "read" never comes' },
  {
    with: 'resist',
    because: 'ids cannot be chosen, nor sends called off',
    breaks: ['chosen_ids'],
    cells: { chosen_ids: 'without' },
  },
  {
    with: 'serverAckMs=2500',
    because: 'acks come after the answer of the bridge',
    limits: { ackTimeoutMs: 10_000 },
  },
  { with: 'storeMs=500', because: 'a message is announced long before it is stored' },
  { with: 'syncMs=3000', because: 'the page is long on its way to the main screen' },
  {
    with: 'unsupported',
    because: 'the page does not boot',
    unusable: { states: ['disconnected', 'starting'], reason: /does not support this browser/ },
  },
  {
    with: 'uploadMs=60000',
    because: 'an upload takes longer than the bridge waits',
    limits: { uploadMs: 2_000 },
    cells: { send_media: 'refused' },
  },
  {
    with: 'usyncError=500',
    because: 'no number can be looked up',
    cells: cellsOf('waits', [
      ...[
        'send_text',
        'chosen_ids',
        'send_media',
        'send_location',
        'send_contact',
        'link_preview',
        'recipients',
      ],
      ...['reply', 'edit', 'revoke', 'react', 'resend', 'own_chat', 'acks', 'offline_delivery', 'reconnect'],
    ]),
  },
  { with: 'version=2.3000.9999999999', because: 'a version that the kit has never met' },
  {
    with: 'without=WAWebPrepRawMedia+WAWebSendReactionMsgAction+WAWebChatLoadMessages',
    because: 'three capabilities lack their module',
    breaks: ['send_media', 'react', 'backfill'],
  },
  {
    with: `withoutExports=${[
      'WAWebSendMessageEditAction.sendMessageEdit',
      'WAWebResendMsgAction.resendMsg',
      'WAWebLinkPreviewChatAction.getLinkPreview',
    ].join('+')}`,
    because: 'three capabilities lack their export',
    breaks: ['link_preview', 'edit', 'resend'],
    cells: { link_preview: 'without' },
  },
];

/** The columns of the matrix: each edition, then each switch of the newest. */
export const COLUMNS: readonly Column[] = [
  ...EDITION_COLUMNS,
  ...[...SWITCHES, ...MODE_COLUMNS].map(({ with: given, ...column }) => ({
    page: `${DEFAULT_SETTINGS.edition},${given}`,
    ...column,
  })),
];

/** What each capability must do on this page. */
export function expectedCells({ page, breaks = [], cells = {}, unusable }: Column): Cells {
  const patched = EDITIONS.slice(0, EDITIONS.findIndex((edition) => page.startsWith(edition)) + 1).flatMap(
    (edition) => PATCHED_SINCE[edition],
  );
  return Object.fromEntries(
    CAPABILITIES.map(({ name, kinds }): [string, Cell] => {
      const isRequest = kinds.length > 0;
      if (unusable !== undefined) return [name, isRequest ? 'waits' : 'none'];
      if (breaks.includes(name)) return [name, cells[name] ?? (isRequest ? 'waits' : 'broken')];
      return [name, cells[name] ?? (patched.includes(name) ? 'patched' : 'ok')];
    }),
  );
}

/** The capabilities that need a patch from this edition on. */
const PATCHED_SINCE: Readonly<Record<(typeof EDITIONS)[number], readonly string[]>> = {
  '2026-06': [],
  '2026-08': ['edit', 'revoke', 'inbound_reactions'],
  '2026-09': ['send_media'],
};

function cellsOf(cell: Cell, names: readonly string[]): Cells {
  return Object.fromEntries(names.map((name) => [name, cell]));
}
