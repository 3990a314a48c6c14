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
  readonly serverAckMs: number;
  readonly deviceAckMs: number;
  readonly readAckMs: number;
  readonly playedAckMs: number;
}

export const DEFAULT_POLICY: Policy = {
  mode: 'ok',
  addMs: 0,
  previewMs: 0,
  serverAckMs: 20,
  deviceAckMs: 40,
  readAckMs: 60,
  playedAckMs: -1,
};

/** How the page itself behaves; it takes them at load. `without` names modules that this WhatsApp lacks. */
export interface Settings {
  readonly version: string;
  readonly bootDelayMs: number;
  readonly debugDelayMs: number;
  readonly openingMs: number;
  readonly pairMs: number;
  readonly syncMs: number;
  readonly logoutNavMs: number;
  /** A new code each so many ms, 0 for never; after `qrCount` codes (0: no end) the page goes idle. */
  readonly qrEveryMs: number;
  readonly qrCount: number;
  readonly without: readonly string[];
  /** Lets nobody replace how ids are made and messages are added: each gets an id of the page's own. */
  readonly resist: boolean;
  /** Syncs, and delivers what waited, without waiting for a listener, as the real page does. */
  readonly eager: boolean;
}

export const DEFAULT_SETTINGS: Settings = {
  version: '2.3000.1017054665',
  bootDelayMs: 0,
  debugDelayMs: 0,
  openingMs: 100,
  pairMs: 100,
  syncMs: 200,
  logoutNavMs: 100,
  qrEveryMs: 20_000,
  qrCount: 0,
  without: [],
  resist: false,
  eager: false,
};

/** What the page runs by: filled at load, and the policy again whenever the phone changes it. */
export const current: { settings: Settings; policy: Policy; unregistered: ReadonlySet<string> } = {
  settings: DEFAULT_SETTINGS,
  policy: DEFAULT_POLICY,
  unregistered: new Set(),
};

export function parsePolicy(value: unknown): Policy {
  const record = recordOf(value);
  const mode = textOf(record, 'mode');
  return {
    mode: SEND_MODES.find((known) => known === mode) ?? 'ok',
    addMs: numberOf(record, 'addMs'),
    previewMs: numberOf(record, 'previewMs'),
    serverAckMs: numberOf(record, 'serverAckMs'),
    deviceAckMs: numberOf(record, 'deviceAckMs'),
    readAckMs: numberOf(record, 'readAckMs'),
    playedAckMs: numberOf(record, 'playedAckMs'),
  };
}

export function parseSettings(value: unknown): Settings {
  const record = recordOf(value);
  return {
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
    resist: record.resist === true,
    eager: record.eager === true,
  };
}
