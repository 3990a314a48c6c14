import type { ErrorCode } from './errors.ts';

/** What clients see of the states, as `status`. */
export const MESSAGE_STATUSES = [
  'queued',
  'sending',
  'sent',
  'delivered',
  'read',
  'played',
  'failed',
  'expired',
  'canceled',
] as const;
export type MessageStatus = (typeof MESSAGE_STATUSES)[number];

/** The states of a message, in the order in which it passes them. */
export const STATE_NAMES = ['scheduled', ...MESSAGE_STATUSES] as const;
export type MessageState = (typeof STATE_NAMES)[number];

/** The states in which a message ends without an acknowledgement. Each emits `message_failed`. */
export type UnsentEnd = Extract<MessageState, 'failed' | 'expired' | 'canceled'>;

/** What one state permits, and what it means to a client. */
export interface StateRules {
  readonly status: MessageStatus;
  /** The states that may follow. */
  readonly next: readonly MessageState[];
  /** Whether WhatsApp has the message. In `failed`, the error code says whether that is unknown. */
  readonly wasSent: 'no' | 'maybe' | 'yes';
  /** Whether the message has a place in the queue of its chat. */
  readonly isOpen: boolean;
  /** Whether the kit makes no further attempt. */
  readonly isFinal: boolean;
  /** WhatsApp's number of the acknowledgement that leads here; 0 for states without one. */
  readonly ack: 0 | 1 | 2 | 3 | 4;
  /** Whether an acknowledgement moves the message on: always, never, or only after an attempt. */
  readonly takesAck: 'always' | 'never' | 'after an attempt';
  /** The answer of `POST /send` in this state: an HTTP status and `status`, or an error code. */
  readonly send: { readonly http: 200 | 202; readonly status: MessageStatus } | { readonly code: ErrorCode };
  /** The error code with which a reaction or an edit is refused; undefined where it is accepted. */
  readonly editRefusal: ErrorCode | undefined;
  /** The error code with which a deletion for everyone is refused; undefined where it is accepted. */
  readonly revokeRefusal: ErrorCode | undefined;
  /** The answer of `DELETE /messages/{id}`: 202 `canceling`, 200 `canceled`, or an error code. */
  readonly cancel: 'canceling' | 'canceled' | ErrorCode;
  /** The reason that clients read where the kit knows no better one. */
  readonly text: string | undefined;
}

const QUEUED = { http: 202, status: 'queued' } as const;
const SENT = { http: 200, status: 'sent' } as const;
/** What a message with an acknowledgement has in common with the others. */
const ACKNOWLEDGED = {
  wasSent: 'yes',
  isOpen: false,
  isFinal: true,
  takesAck: 'always',
  send: SENT,
  editRefusal: undefined,
  revokeRefusal: undefined,
  cancel: 'message_final',
  text: undefined,
} as const;
/** What the ends without an acknowledgement have in common. A late acknowledgement corrects them. */
const ENDED = {
  next: ['sent', 'delivered', 'read', 'played'],
  isOpen: false,
  isFinal: true,
  ack: 0,
  editRefusal: 'message_final',
  revokeRefusal: 'message_final',
} as const;

/**
 * The one table of the states of a message; every other file reads it. `sending` is on disk before the bridge is called:
 * a message that is found in it after a crash may have been sent. `queued` is certain: no attempt has sent the message.
 */
export const MESSAGE_STATES: Readonly<Record<MessageState, StateRules>> = {
  scheduled: {
    status: 'queued',
    next: ['queued', 'expired', 'canceled'],
    wasSent: 'no',
    isOpen: false,
    isFinal: false,
    ack: 0,
    takesAck: 'never',
    send: QUEUED,
    editRefusal: 'message_waiting',
    revokeRefusal: 'message_waiting',
    cancel: 'canceling',
    text: 'it is to be sent at',
  },
  queued: {
    status: 'queued',
    next: ['sending', 'sent', 'delivered', 'read', 'played', 'failed', 'expired', 'canceled'],
    wasSent: 'no',
    isOpen: true,
    isFinal: false,
    ack: 0,
    takesAck: 'always',
    send: QUEUED,
    editRefusal: undefined,
    revokeRefusal: 'message_waiting',
    cancel: 'canceling',
    text: 'it waits for its turn',
  },
  sending: {
    status: 'sending',
    next: ['queued', 'sent', 'delivered', 'read', 'played', 'failed', 'expired', 'canceled'],
    wasSent: 'maybe',
    isOpen: true,
    isFinal: false,
    ack: 0,
    takesAck: 'always',
    send: QUEUED,
    editRefusal: undefined,
    revokeRefusal: undefined,
    cancel: 'canceling',
    text: 'it is being sent',
  },
  sent: { ...ACKNOWLEDGED, status: 'sent', ack: 1, next: ['delivered', 'read', 'played'] },
  delivered: { ...ACKNOWLEDGED, status: 'delivered', ack: 2, next: ['read', 'played'] },
  read: { ...ACKNOWLEDGED, status: 'read', ack: 3, next: ['played'] },
  played: { ...ACKNOWLEDGED, status: 'played', ack: 4, next: [] },
  failed: {
    ...ENDED,
    status: 'failed',
    wasSent: 'maybe',
    takesAck: 'always',
    send: { code: 'send_failed' },
    cancel: 'message_final',
    text: undefined,
  },
  expired: {
    ...ENDED,
    status: 'expired',
    wasSent: 'no',
    takesAck: 'always',
    send: { code: 'message_expired' },
    cancel: 'message_final',
    text: 'it was not sent before its expires_at',
  },
  canceled: {
    ...ENDED,
    status: 'canceled',
    wasSent: 'no',
    takesAck: 'after an attempt',
    send: { code: 'message_canceled' },
    cancel: 'canceled',
    text: 'it was canceled before it was sent',
  },
};

/** Whether WhatsApp's server has acknowledged the message. */
export function isSent(state: MessageState): boolean {
  return MESSAGE_STATES[state].ack > 0;
}

/** Whether the kit makes no further attempt. */
export function isFinal(state: MessageState): boolean {
  return MESSAGE_STATES[state].isFinal;
}

/** Whether the message has a place in the queue of its chat. */
export function isOpen(state: MessageState): boolean {
  return MESSAGE_STATES[state].isOpen;
}

/** Whether the message waits for its `send_at`. */
export function isScheduled(state: MessageState): boolean {
  return !isOpen(state) && !isFinal(state);
}

/** Whether the message certainly was not sent and still may be: it expires, and a cancel ends it at once. */
export function isUnsent(state: MessageState): boolean {
  return !isFinal(state) && MESSAGE_STATES[state].wasSent === 'no';
}

/** Whether the message may have been sent, and the kit does not know yet. */
export function isInDoubt(state: MessageState): boolean {
  return !isFinal(state) && MESSAGE_STATES[state].wasSent === 'maybe';
}

/** The states of which a claim is true. */
export function statesWhere(claim: (state: MessageState) => boolean): readonly MessageState[] {
  return STATE_NAMES.filter(claim);
}

/** The states that a state may follow. */
export function statesBefore(state: MessageState): readonly MessageState[] {
  return statesWhere((earlier) => MESSAGE_STATES[earlier].next.includes(state));
}

/** The states behind a status: to clients, a message that waits for its `send_at` is queued. */
export function statesOf(status: MessageStatus): readonly MessageState[] {
  return statesWhere((state) => MESSAGE_STATES[state].status === status);
}
