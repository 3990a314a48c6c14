import { DEFAULT_POLICY, type Policy } from './policy.ts';
import { likeDefaults } from './wire.ts';

/**
 * The real page at three dates, oldest first.
 *
 * - `2026-06`: a message key keeps its text in `_serialized`.
 * - `2026-08`: a message key keeps its text in `$1`, and has no `_serialized`. Source: `WAWebMsgKey` of revision
 *   2.3000.1044822804 (jigger@0fbd5e1a); wa-js#3484 dates the change to 2.3000.1042401057.
 * - `2026-09`: a media model also carries an own `__x_id`. Source: wwebjs#201922, wwebjs#201923 (2.3000.1047775310).
 */
export const EDITIONS = ['2026-06', '2026-08', '2026-09'] as const;
export type Edition = (typeof EDITIONS)[number];

const VERSIONS: Readonly<Record<Edition, string>> = {
  '2026-06': '2.3000.1042386815',
  '2026-08': '2.3000.1044822804',
  '2026-09': '2.3000.1047775310',
};

/** How the page behaves. It reads the settings when it loads. */
export interface Settings {
  readonly edition: Edition;
  /** The version that the page reports; empty: the version of its edition. */
  readonly version: string;
  readonly bootDelayMs: number;
  /** When `window.Debug` appears after the load; −1: never. Source: wa-js@a3ed679e. */
  readonly debugDelayMs: number;
  readonly openingMs: number;
  readonly pairMs: number;
  readonly syncMs: number;
  readonly logoutNavMs: number;
  /** A new code each so many ms, 0 for never; after `qrCount` codes (0: no end) the page goes idle. */
  readonly qrEveryMs: number;
  readonly qrCount: number;
  /** Modules that this WhatsApp lacks. */
  readonly without: readonly string[];
  /** Exports that this WhatsApp lacks, as `Module.export`. */
  readonly withoutExports: readonly string[];
  /** Modules of a chunk that loads `lateMs` after the main screen (−1: at the fault `load`). Source: wa-js#3567. */
  readonly late: readonly string[];
  readonly lateMs: number;
  /** Events of the message collection for which a listener cannot be attached: the attempt throws. */
  readonly deaf: readonly string[];
  /** Lets nobody replace how ids are made and messages are added: each gets an id of the page's own. */
  readonly resist: boolean;
  /** The page's main thread is blocked for so long after the socket connects. Calls from Node wait for it. */
  readonly busyMs: number;
  /** How long offline delivery lasts after the socket connects. Sends wait for its end, for at most 300 s. */
  readonly offlineDeliveryMs: number;
  /** How long the page needs to store a message that it has announced. */
  readonly storeMs: number;
  /** After a first link, the history arrives so much later than the critical data. */
  readonly historyMs: number;
  /** After a first link, the page reloads itself so much later; −1: never. */
  readonly pairReloadMs: number;
  /** The account has been migrated: one-to-one chats, and the members of groups, are known by their LIDs. */
  readonly lidChats: boolean;
  /**
   * In a migrated account: people whose chats stay under their numbers, in digits. A new device takes the chats of its
   * history as they are, and finds each by its LID; only new chats are under LIDs. With `web_force_lid_chats_in_history`
   * the next device has them under LIDs too. Source: `WAWebHistoryMsgHandlerAction`, `WAWebHistorySyncLidChatGating`,
   * `WAWebMessageProcessUtils` (jigger@0fbd5e1a).
   */
  readonly numberChats: readonly string[];
  /** The account asks for a passkey when a phone links the page. */
  readonly passkey: boolean;
  /** Its owner then compares a code of the page with that of the phone. */
  readonly passkeyCode: boolean;
  /** The page shows the dialog for new users over its chats. */
  readonly onboarding: boolean;
  /** The page refuses every browser, as it does one that it does not support. */
  readonly unsupported: boolean;
}

export const DEFAULT_SETTINGS: Settings = {
  edition: '2026-09',
  version: '',
  bootDelayMs: 0,
  debugDelayMs: 0,
  openingMs: 100,
  pairMs: 100,
  syncMs: 200,
  logoutNavMs: 100,
  qrEveryMs: 20_000,
  qrCount: 0,
  without: [],
  withoutExports: [],
  late: ['WAWebCallCollection'],
  lateMs: 200,
  deaf: [],
  resist: false,
  busyMs: 0,
  offlineDeliveryMs: 0,
  storeMs: 5,
  historyMs: 300,
  pairReloadMs: 300_000,
  lidChats: false,
  numberChats: [],
  passkey: false,
  passkeyCode: false,
  onboarding: false,
  unsupported: false,
};

/** What the page runs by: filled at load, and the policy again whenever the phone changes it. */
export const current: { settings: Settings; policy: Policy } = {
  settings: DEFAULT_SETTINGS,
  policy: DEFAULT_POLICY,
};

/** Whether the page is that of this edition or of a later one. */
export function isSince(edition: Edition): boolean {
  return EDITIONS.indexOf(current.settings.edition) >= EDITIONS.indexOf(edition);
}

export function pageVersion({ edition, version }: Settings): string {
  return version === '' ? VERSIONS[edition] : version;
}

/** The settings in a record. A field that is missing, or of another type, has its default. */
export function parseSettings(value: unknown): Settings {
  const settings = likeDefaults(DEFAULT_SETTINGS, value);
  return {
    ...settings,
    edition: EDITIONS.find((known) => known === settings.edition) ?? DEFAULT_SETTINGS.edition,
  };
}
