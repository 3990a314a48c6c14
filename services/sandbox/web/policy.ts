import { likeDefaults } from './wire.ts';

/**
 * How the server of WhatsApp treats sends.
 *
 * - `fail-result`: refuses them for good.
 * - `restrict-cold`: refuses messages to people who never wrote (463).
 * - `cap-new-chats`: refuses messages that begin a chat (475).
 * - `fail-network`: the page cannot prepare a message, as the server does not answer; nothing is sent.
 * - `fail-send`: the page fails to prepare a message for any other reason; nothing is sent.
 * - `blocked`: every contact is blocked.
 */
export const SEND_MODES = [
  'ok',
  'hang-add',
  'fail-add',
  'no-ack',
  'fail-result',
  'fail-upload',
  'restrict-cold',
  'cap-new-chats',
  'fail-network',
  'fail-send',
  'blocked',
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
  /** The server takes a second stanza under one id for another message. Unknown of the real one. */
  readonly deliversDuplicates: boolean;
  /** The error code with which the server refuses to look up numbers; 0: it answers. */
  readonly usyncError: number;
  /**
   * People in chats under LIDs whose numbers the server does not reveal, in digits: neither with what they write (no
   * `sender_pn`, no `participant_pn`) nor to a look-up of their LID. The page learns the pair from the first event after they
   * are off this list, or from a look-up of the number. Source: `WAWebProcessPhoneNumberMapping`, `WAWebQueryExistsJob`
   * (jigger@0fbd5e1a); whose number is not revealed, and when, is unknown.
   */
  readonly hiddenNumbers: readonly string[];
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
  deliversDuplicates: false,
  usyncError: 0,
  hiddenNumbers: [],
};

/** The policy in a record. A field that is missing, or of another type, has its default. */
export function parsePolicy(value: unknown): Policy {
  const policy = likeDefaults(DEFAULT_POLICY, value);
  return { ...policy, mode: SEND_MODES.find((known) => known === policy.mode) ?? 'ok' };
}
