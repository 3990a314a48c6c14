import { toChatId } from '../../contract/chat-id.ts';
import type { BridgeContent } from '../../contract/content.ts';
import { contactCard } from './contact-card.ts';
import type { LocationClass, MessageSendOptions } from './library.ts';

/** Content that becomes a message of its own. */
export type NewContent = Exclude<BridgeContent, { kind: 'reaction' | 'edit' | 'delete' }>;

interface LibraryMessage {
  readonly content: string | InstanceType<LocationClass>;
  readonly options: MessageSendOptions;
  /** Attributes that the message gets whatever the library makes of it. */
  readonly attributes?: object;
}

/** A message as whatsapp-web.js wants it; a medium has been uploaded before (`preparation.ts`). Throws `recipient_invalid` for a mention that is nobody's id. */
export function toLibraryMessage(content: NewContent, Location: LocationClass): LibraryMessage {
  const mentions = content.mentions?.map(toChatId);
  const named = mentions === undefined ? {} : { mentions };
  switch (content.kind) {
    case 'text':
      return { content: content.text, options: named };
    case 'media': {
      const { caption, as_document, as_voice } = content;
      return {
        content: '',
        options: {
          ...named,
          ...(caption === undefined ? {} : { caption }),
          sendMediaAsDocument: as_document === true,
          sendAudioAsVoice: as_voice === true,
        },
      };
    }
    case 'location': {
      const { latitude, longitude, name, address } = content;
      const about = {
        ...(name === undefined ? {} : { name }),
        ...(address === undefined ? {} : { address }),
      };
      return { content: new Location(latitude, longitude, about), options: named };
    }
    case 'contact':
      return {
        content: contactCard(content.name, content.phone_number),
        options: named,
        // Said outright: what the library's own parser of vCards fails on goes out as plain text.
        attributes: { type: 'vcard', vcardFormattedName: content.name },
      };
  }
}
