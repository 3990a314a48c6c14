import { numberOf, recordOf, textOf, textsOf } from './wire.ts';

export const SEND_MODES = [
  'ok',
  'hang-add',
  'fail-add',
  'no-ack',
  'fail-result',
  'fail-upload',
  'restrict-cold',
] as const;
export type SendMode = (typeof SEND_MODES)[number];

/** How sends fare. Acknowledgements come so many ms after the one before; a negative number means never. */
export interface Policy {
  readonly mode: SendMode;
  readonly addMs: number;
  /** How long the page looks for the preview of a link. */
  readonly previewMs: number;
  /** How long the upload of a medium takes, before its message is added. */
  readonly uploadMs: number;
  readonly serverAckMs: number;
  readonly deviceAckMs: number;
  readonly readAckMs: number;
  readonly playedAckMs: number;
}

export const DEFAULT_POLICY: Policy = {
  mode: 'ok',
  addMs: 0,
  previewMs: 0,
  uploadMs: 10,
  serverAckMs: 20,
  deviceAckMs: 40,
  readAckMs: 60,
  playedAckMs: -1,
};

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

/** How the page itself behaves; it reads them at load. */
export interface Settings {
  readonly edition: Edition;
  /** The version that the page reports; empty: that of its edition. */
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
  /** Modules in a chunk that has not been loaded: they can be required only after the `load` misbehaviour. */
  readonly late: readonly string[];
  /** Events of the message collection for which a listener cannot be attached: the attempt throws. */
  readonly deaf: readonly string[];
  /** Lets nobody replace how ids are made and messages are added: each gets an id of the page's own. */
  readonly resist: boolean;
  /** Syncs, and delivers what waited, without waiting for a listener, as the real page does. */
  readonly eager: boolean;
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
  late: [],
  deaf: [],
  resist: false,
  eager: false,
};

/** What the page runs by: filled at load, and the policy again whenever the phone changes it. */
export const current: { settings: Settings; policy: Policy; unregistered: ReadonlySet<string> } = {
  settings: DEFAULT_SETTINGS,
  policy: DEFAULT_POLICY,
  unregistered: new Set(),
};

/** Whether the page is that of this edition or of a later one. */
export function isSince(edition: Edition): boolean {
  return EDITIONS.indexOf(current.settings.edition) >= EDITIONS.indexOf(edition);
}

export function pageVersion({ edition, version }: Settings): string {
  return version === '' ? VERSIONS[edition] : version;
}

export function parsePolicy(value: unknown): Policy {
  const record = recordOf(value);
  const mode = textOf(record, 'mode');
  return {
    mode: SEND_MODES.find((known) => known === mode) ?? 'ok',
    addMs: numberOf(record, 'addMs'),
    previewMs: numberOf(record, 'previewMs'),
    uploadMs: numberOf(record, 'uploadMs'),
    serverAckMs: numberOf(record, 'serverAckMs'),
    deviceAckMs: numberOf(record, 'deviceAckMs'),
    readAckMs: numberOf(record, 'readAckMs'),
    playedAckMs: numberOf(record, 'playedAckMs'),
  };
}

export function parseSettings(value: unknown): Settings {
  const record = recordOf(value);
  return {
    edition: EDITIONS.find((known) => known === record.edition) ?? DEFAULT_SETTINGS.edition,
    version: textOf(record, 'version'),
    bootDelayMs: numberOf(record, 'bootDelayMs'),
    debugDelayMs: numberOf(record, 'debugDelayMs'),
    openingMs: numberOf(record, 'openingMs'),
    pairMs: numberOf(record, 'pairMs'),
    syncMs: numberOf(record, 'syncMs'),
    logoutNavMs: numberOf(record, 'logoutNavMs'),
    qrEveryMs: numberOf(record, 'qrEveryMs'),
    qrCount: numberOf(record, 'qrCount'),
    without: textsOf(record, 'without'),
    late: textsOf(record, 'late'),
    deaf: textsOf(record, 'deaf'),
    resist: record.resist === true,
    eager: record.eager === true,
  };
}
