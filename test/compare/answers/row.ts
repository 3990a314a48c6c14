/** One request of a table, and what to do with its answer. `{name}` in a path or body is a value that was kept before. */
export interface Row {
  /** Unique within its table. */
  readonly name: string;
  /** GET unless given. */
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON, unless it is a text or bytes. */
  readonly body?: unknown;
  /** The bytes of the request, instead of all the fields above. Lines end with LF here, and with CRLF when sent. */
  readonly raw?: string;
  /** The port to call: the public one unless given. */
  readonly port?: PortName;
  /** Keeps fields of the answer under a name: `{ sent: ['message_id'] }`. */
  readonly keep?: Readonly<Record<string, readonly string[]>>;
  /** Repeats the request until the answer contains this text, and records only that answer. */
  readonly until?: string;
  /** Ends the exchange as soon as the answer contains this text: for a stream. */
  readonly cutAt?: string;
  /** Records only the status, headers, and size class of the body: for a picture, or a page. */
  readonly isOpaque?: boolean;
  /** Does not record the answer: the row only prepares the next one. */
  readonly isSilent?: boolean;
}

export type PortName = 'PORT' | 'API_PORT' | 'WHATSAPP_BRIDGE_PORT' | 'SANDBOX_PORT' | 'CONTROL_PORT';

/** A table of rows about one area. */
export interface Table {
  readonly area: string;
  readonly rows: readonly Row[];
}
