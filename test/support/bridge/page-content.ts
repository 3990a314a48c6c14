import { type NewContent, toLibraryMessage } from '../../../services/bridge/page/content.ts';
import type { MediaStore } from '../../../services/sandbox/phone/media-store.ts';
import type { SendMode } from '../../../services/sandbox/web/policy.ts';
import type { WireMessage } from '../../../services/sandbox/web/wire.ts';

/** What a preparation has left in the page: attributes of the message to come. */
export type Prepared = Readonly<Record<string, unknown>>;

/** The library's class of a place, as far as its types and the page go. */
class Place {
  readonly latitude: string;
  readonly longitude: string;
  readonly description: string;

  constructor(latitude: number, longitude: number, about: { name?: string; address?: string } = {}) {
    this.latitude = String(latitude);
    this.longitude = String(longitude);
    this.description = [about.name, about.address].filter((line) => line !== undefined).join('\n');
  }
}

/** The type, body and details of the message that the library makes of this content. Throws `recipient_invalid`. */
export function attributesOf(
  content: NewContent,
  prepared: Prepared,
): Pick<WireMessage, 'type' | 'body' | 'details'> {
  const { content: given, options, attributes } = toLibraryMessage(content, Place);
  const { type = 'chat', ...others } = { ...prepared, ...attributes, ...placeOf(given) };
  const details = { ...others, caption: options.caption, mentionedJidList: options.mentions ?? [] };
  const body = typeof given === 'string' && content.kind !== 'media' ? given : '';
  return { type: String(type), body, details };
}

/** Uploads a medium to the phone. Throws as the library does. */
export function upload(
  content: Extract<NewContent, { kind: 'media' }>,
  store: MediaStore,
  mode: SendMode,
): Prepared {
  const { data, mimetype, filename, as_document, as_voice } = content;
  if (!/^[A-Za-z0-9+/\s]*=*\s*$/.test(data))
    throw new Error(
      "Failed to execute 'atob' on 'Window': The string to be decoded is not correctly encoded.",
    );
  if (mode === 'fail-upload') throw new Error('upload failed: media entry was not created');
  const [family = ''] = mimetype.split('/');
  const sound = as_voice === true ? 'ptt' : 'audio';
  const seen = ['image', 'video'].includes(family) ? family : 'document';
  const type = as_document === true ? 'document' : family === 'audio' ? sound : seen;
  return { ...store.keep(Buffer.from(data, 'base64')), type, mimetype, filename };
}

/** The preview of the first link in a text. */
export function previewOf(text: string): Prepared {
  const [href] = /https?:\/\/\S+/.exec(text) ?? [];
  if (href === undefined) return {};
  return { title: href, canonicalUrl: href, matchedText: href, preview: true, subtype: 'url' };
}

function placeOf(given: unknown): Prepared {
  if (!(given instanceof Place)) return {};
  return {
    type: 'location',
    lat: Number(given.latitude),
    lng: Number(given.longitude),
    loc: given.description,
  };
}

/** What an answer carries of the message that it answers. */
export function contextOf(quoted: WireMessage | undefined): object {
  if (quoted === undefined) return {};
  return { quotedMsg: { body: quoted.body, type: quoted.type }, quotedStanzaID: quoted.key };
}
