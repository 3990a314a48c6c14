import { z } from 'zod';
import { KitError } from '../../contract/errors.ts';
import type { WhatsAppMessage } from '../../contract/events.ts';
import { type NewContent, toLibraryMessage } from './content.ts';
import { type FoundMessage, type OwnMessage, parse, readFound, readMessage, readOwn } from './data.ts';
import { readSendError, type SendWord, sendWordSchema } from './errors.ts';
import type { Client, Library, Message, Page } from './library.ts';
import { findInChat, IS_DELIVERY_OVER, LINKED_AT, ownSince, resendMessage, watchRevoked } from './lookup.ts';
import { guardChange, readAccount } from './people/own-account.ts';
import { type ResolvedPerson, type ResolveOptions, readResolved, resolvePerson } from './people/resolve.ts';
import { dropPrepared, prepareInPage } from './preparation.ts';
import { cancelSend, outcomeOf, UNHOOKED_QUOTE_ID } from './send-hook.ts';

export interface SendOptions {
  /** A name for this very call, by which it is called off. */
  readonly attempt: string;
  readonly stanzaId: string;
  /** Unix time in ms after which the page must not begin to send. */
  readonly notAfter: number;
  /** The name of the prepared upload or preview in the page; see `prepare`. */
  readonly prepared: string | undefined;
  /** The serialized id of the message that this one answers. */
  readonly quotedId: string | undefined;
  /** The account that it is sent from: the page refuses it when another one is linked. */
  readonly account?: string | undefined;
}

const sendStageSchema = z.enum(['canceled', 'adding', 'added', 'unknown']);
export type SendStage = z.infer<typeof sendStageSchema>;

/** What one WhatsApp Web does for sends. None of its calls has a deadline of its own, as in `whatsapp.ts`. */
export class WhatsAppSends {
  readonly #client: Client;
  readonly #library: Library;

  constructor(client: Client, library: Library) {
    this.#client = client;
    this.#library = library;
  }

  /**
   * The message once WhatsApp's server has taken it; undefined when the page found no chat. Rejects with SendEndedError when
   * the message stands in its chat and its send failed.
   */
  async send(
    address: string,
    content: NewContent,
    { prepared, attempt, stanzaId, notAfter, quotedId, account }: SendOptions,
  ): Promise<WhatsAppMessage | undefined> {
    const message = toLibraryMessage(content, this.#library.Location);
    const sending = this.#client.sendMessage(address, message.content, {
      ...message.options,
      // One call less: the page marks the chat as read anyway when it sends (`WAWebSendMsgRecordAction`, jigger@0fbd5e1a).
      sendSeen: false,
      linkPreview: false, // It was prepared, or is not wanted.
      parseVCards: false,
      waitUntilMsgSent: true,
      quotedMessageId: UNHOOKED_QUOTE_ID,
      ignoreQuoteErrors: false,
      extra: {
        ...message.attributes,
        prepared,
        gatehouse: { attempt, id: stanzaId, notAfter, quoted: quotedId, account },
      },
    });
    const sent: unknown = await sending.catch((error: unknown) => {
      throw readSendError(error);
    });
    if (sent === null) throw new KitError('send_refused', `${address} takes no message of this kind`);
    return sent === undefined ? undefined : readMessage(parse(sentSchema, sent, 'sent message').rawData);
  }

  /** Opens the chat at this address, if there is one. Gives every address that its messages may have. */
  async open(address: string): Promise<readonly string[]> {
    return parse(z.array(z.string()), await this.#prepare({ address }), 'addresses of a chat');
  }

  /** Uploads the medium, or fetches the preview of the link, for a `send` with this `prepared`. Sends nothing. */
  async prepare(name: string, address: string, content: NewContent): Promise<void> {
    if (content.kind === 'text') await this.#prepare({ name, address, text: content.text });
    if (content.kind !== 'media') return;
    const { data, mimetype, filename, as_voice, as_document } = content;
    const media = {
      data,
      mimetype,
      filename: filename ?? null,
      asVoice: as_voice === true,
      asDocument: as_document === true,
    };
    await this.#prepare({ name, address, media });
  }

  /** Drops the preparation of this name. */
  async drop(name: string): Promise<void> {
    await this.#evaluate(dropPrepared(name));
  }

  /** Calls off a send that hangs in the page; gives how far it was: see `cancelSend` in `send-hook.ts`. */
  async cancelSend(attempt: string): Promise<SendStage> {
    return parse(sendStageSchema, await this.#evaluate(cancelSend(attempt)), 'stage of a send');
  }

  /** A message by its serialized id, or by its stanza id in the chat at this address. Rejects before the page has synced. */
  async find(id: string, address: string): Promise<FoundMessage | undefined> {
    const raw = await this.#evaluate(findInChat(id, address));
    return raw === null ? undefined : readFound(raw);
  }

  /** What this account has sent there since (Unix time in seconds), but for what was typed on a phone; oldest first. */
  async ownSince(address: string, since: number): Promise<OwnMessage[]> {
    return readOwn(await this.#evaluate(ownSince(address, since)));
  }

  /** Begins the page's own retry of a message that has failed; gives why there is none, or undefined when it has begun. */
  async resend(id: string, account?: string): Promise<string | undefined> {
    return (
      parse(z.string().nullable(), await this.#evaluate(resendMessage(id, account)), 'retry') ?? undefined
    );
  }

  /** How the send or retry of this message ends; undefined when the page does not know. */
  async outcomeOf(stanzaId: string): Promise<SendWord | undefined> {
    const raw = await this.#evaluate(outcomeOf(stanzaId));
    return raw === null ? undefined : parse(sendWordSchema, raw, 'end of a send');
  }

  /** Since when this device is linked (Unix time in seconds); undefined when the page does not tell. */
  async linkedAt(): Promise<number | undefined> {
    return parse(z.number().nullable(), await this.#evaluate(LINKED_AT), 'time of the link') ?? undefined;
  }

  /** Whether the page has taken in what waited at WhatsApp, receipts too; true where it does not tell. */
  async isDeliveryOver(): Promise<boolean> {
    return parse(z.boolean(), await this.#evaluate(IS_DELIVERY_OVER), 'end of offline delivery');
  }

  async react(id: string, emoji: string, account?: string): Promise<void> {
    await this.#evaluate(guardChange(id, account));
    await this.#client.sendReaction(id, emoji);
  }

  /** False when WhatsApp does not let this message be edited. */
  async edit(id: string, text: string, account?: string): Promise<boolean> {
    await this.#evaluate(guardChange(id, account));
    const message: Message | null = await this.#client.getMessageById(id);
    const edited: Message | null | undefined = await message?.edit(text, { linkPreview: false });
    return edited !== null && edited !== undefined;
  }

  /**
   * Deletes a message for everyone; resolves when the page shows it as deleted, or with false at `notAfter` (Unix time in
   * ms). The library only triggers an event of the page's UI. Source: `WAWebCmd` (jigger@0fbd5e1a).
   */
  async revoke(id: string, notAfter: number, account?: string): Promise<boolean> {
    await this.#evaluate(guardChange(id, account));
    const message: Message | null = await this.#client.getMessageById(id);
    const revoked = this.#evaluate(watchRevoked(id, notAfter));
    await Promise.all([message?.delete(true), revoked]);
    return parse(z.boolean(), await revoked, 'end of a deletion');
  }

  /**
   * Who a number or a LID is; undefined for a number without an account. Rejects when the page is linked to another account
   * than the one in the options.
   */
  async resolve(chatId: string, options: ResolveOptions): Promise<ResolvedPerson | undefined> {
    return readResolved(await this.#evaluate(resolvePerson(chatId, options)));
  }

  /** The ids of the account that is linked, none where the page does not say. Rejects when it is not the given one. */
  async account(account: string | undefined): Promise<readonly string[]> {
    return parse(z.array(z.string()), await this.#evaluate(readAccount(account)), 'own account');
  }

  async #prepare(wanted: object): Promise<unknown> {
    return this.#page.evaluate(prepareInPage, wanted);
  }

  async #evaluate(source: string): Promise<unknown> {
    return this.#page.evaluate(source);
  }

  get #page(): Page {
    const { pupPage } = this.#client;
    if (pupPage === undefined || pupPage === null) throw new Error('there is no page yet');
    return pupPage;
  }
}

const sentSchema = z.object({ rawData: z.unknown() });
