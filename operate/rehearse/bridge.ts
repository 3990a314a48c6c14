import { z } from 'zod';
import type { BridgeStatus, QrAnswer, SendAnswer, SendBody } from '../../services/contract/bridge.ts';
import type { CompatReport } from '../../services/contract/compat.ts';
import type { ErrorCode } from '../../services/contract/errors.ts';
import type { WhatsAppMessage } from '../../services/contract/events.ts';
import type {
  PasskeyAnswer,
  PasskeyBody,
  PasskeyConfirm,
  PasskeyRequest,
} from '../../services/contract/passkey.ts';

export type SendResult =
  | { readonly isSent: true; readonly answer: SendAnswer }
  | { readonly isSent: false; readonly code: ErrorCode; readonly detail: string };

/** What the page shows of a message: forms only, no contents. */
export const pageLookSchema = z.object({
  ack: z.number(),
  type: z.string(),
  isSendFailure: z.boolean(),
  /** The fields of its key, each with its type and length. */
  key: z.record(z.string(), z.string()),
  endsInOut: z.boolean(),
  /** `lid` or `c.us`. */
  server: z.string(),
  /** The kit has given keys the field that the library reads. */
  hasAlias: z.boolean(),
  isFoundByText: z.boolean(),
});
export type PageLook = z.infer<typeof pageLookSchema>;

/** The bridge that is rehearsed with. The first part is its HTTP; for the second there is no contract. */
export interface RehearsedBridge {
  status(): Promise<BridgeStatus>;
  compat(): Promise<CompatReport>;
  qr(): Promise<QrAnswer | undefined>;
  pairingCode(phoneNumber: string): Promise<string>;
  passkey(): Promise<PasskeyAnswer>;
  answerPasskey(body: PasskeyBody): Promise<void>;
  confirmPasskey(body: PasskeyConfirm): Promise<void>;
  connect(): Promise<void>;
  disconnect(): Promise<void>;
  send(body: SendBody): Promise<SendResult>;
  /** Undefined when the page does not know it. */
  message(id: string): Promise<WhatsAppMessage | undefined>;
  /** The newest of a chat; empty when there is no such chat. */
  messages(chatId: string): Promise<readonly WhatsAppMessage[]>;

  /** Undefined when the page does not have it in memory. */
  look(stanzaId: string): Promise<PageLook | undefined>;
  /** Resolves when the page announces this message, before it is sent, or goes away. Never rejects. */
  announced(stanzaId: string): Promise<void>;
  /** How many reactions the page shows of a message of ours; undefined when it does not tell. */
  reactions(stanzaId: string): Promise<number | undefined>;
  /** Has the page send a message of ours again under its id, as the button for a failed message does; gives the result. */
  resend(stanzaId: string): Promise<string>;
  browserVersion(): Promise<string>;
  reload(): Promise<void>;
  /** When the document of the page has begun to load; undefined while it cannot be asked. */
  loadedAt(): Promise<number | undefined>;
  killBrowser(pid: number): void;
  /** Cuts the page off from WhatsApp, or ends that. */
  setOffline(isOffline: boolean): Promise<void>;
}

/** Whoever has the phones in hand. */
export interface Person {
  /** How often the phone that got it shows a message; undefined when nobody was asked, or nobody knows. */
  timesShown(message: { readonly stanzaId: string; readonly label: string }): Promise<number | undefined>;
  /** Asks for the chat to be opened on the other phone, so that messages are read. */
  openChat(): Promise<void>;
  /** Has the other phone write something now; false when nobody can be asked. */
  reply(): Promise<boolean>;
  /** Has the passkey used in a tab at WhatsApp's site; gives what the snippet prints, undefined when nobody can be asked. */
  usePasskey(challenge: {
    readonly request: PasskeyRequest;
    readonly snippet: string;
  }): Promise<string | undefined>;
  /** Whether the phone shows this code for the link. */
  showsCode(code: string): Promise<boolean>;
}
