/** The time that each part of the bridge may take, in milliseconds. */
export interface BridgeLimits {
  /** From the browser's start until WhatsApp Web shows a QR code or a login. */
  readonly initMs: number;
  /** From a login, or the last sign of progress, until the session is ready. */
  readonly readyMs: number;
  /** One call into the page, other than a send. */
  readonly callMs: number;
  /**
   * One send, from its arrival until the message stands in the chat: its wait for others and the check of its number
   * included, the upload of its medium left out.
   */
  readonly sendMs: number;
  /** The upload of a medium to WhatsApp. */
  readonly uploadMs: number;
  /** The wait for the preview of a link, which is a part of `sendMs`; then the message goes without. */
  readonly previewMs?: number | undefined;
  /** From there until WhatsApp's server has acknowledged it. */
  readonly ackWaitMs: number;
  /** From there until the session counts as degraded, if it was not. */
  readonly ackTimeoutMs: number;
  /** Each step that is then taken to heal it; half of `ackTimeoutMs`, and at least 5 s, when unset. */
  readonly healStepMs?: number | undefined;
  /** A polite close of the browser; then it is killed. */
  readonly destroyMs: number;
  /** After a phone was linked, how long the bridge loads no history, unless WhatsApp Web reloads itself before. */
  readonly pairingQuietMs?: number;
  /** Between two looks at a page that is ready. */
  readonly probeMs?: number;
}

/** WhatsApp finds most previews in about a second, and took 7 s to find none (whatsapp-web.js#3167). */
export const DEFAULT_PREVIEW_MS = 5_000;
export const DEFAULT_PROBE_MS = 5_000;
/** WhatsApp Web reloads itself about five minutes after it was linked (OpenWA#1040); twice that when it does not. */
export const DEFAULT_PAIRING_QUIET_MS = 600_000;
export const LEAST_HEAL_STEP_MS = 5_000;
