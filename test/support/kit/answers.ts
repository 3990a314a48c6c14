// What the kit answers, as far as the tests read it.

export interface Health {
  readonly status: string;
  readonly release?: string;
  readonly whatsapp_ready: boolean;
  readonly whatsapp: {
    readonly state: string;
    readonly reason?: string;
    readonly broken?: readonly string[];
  };
  readonly held_messages?: number;
  readonly services: Readonly<
    Record<string, { state: string; restarts: number; since?: string; reason?: string; next_try_at?: string }>
  >;
}

/** A message as the phone of the sandbox has it. */
export interface ReceivedMessage {
  readonly id: string;
  readonly chat_id: string;
  readonly type: string;
  readonly body: string;
  readonly media: { readonly mimetype: string; readonly filename: string | null } | null;
  readonly received_at: string;
  /** How often the page was told to send it. */
  readonly adds: number;
  /** How often its recipient got it. */
  readonly deliveries: number;
}
