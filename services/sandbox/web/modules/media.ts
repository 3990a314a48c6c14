import { sleep } from '../objects/emitter.ts';
import { base64, randomHex } from '../objects/ids.ts';
import { Model, STORAGE } from '../objects/model.ts';
import { current, isSince } from '../settings.ts';
import { isRecord } from '../wire.ts';

class OpaqueData {
  readonly #blob: Blob;
  readonly #type: string;
  #url: string | undefined;

  constructor(blob: Blob, type: string) {
    this.#blob = blob;
    this.#type = type;
  }

  static async createFromData(data: Blob | BlobPart, type: string): Promise<OpaqueData> {
    return new OpaqueData(data instanceof Blob ? data : new Blob([data]), type);
  }

  type(): string {
    return this.#type;
  }
  size(): number {
    return this.#blob.size;
  }
  url(): string {
    this.#url ??= URL.createObjectURL(this.#blob);
    return this.#url;
  }
  formData(): Blob {
    return this.#blob;
  }
  forceToBlob(): Blob {
    return this.#blob;
  }
  autorelease(): void {
    if (this.#url !== undefined) URL.revokeObjectURL(this.#url);
  }
}

class MediaData extends Model {
  declare mediaBlob: OpaqueData;

  /**
   * A spread of the model also copies the storage of its attributes. Since 17 September 2026 this includes the storage of
   * an id that the model does not have. Source: wwebjs#201922, wwebjs#201923.
   */
  constructor(attributes: object) {
    super(attributes);
    for (const [name, value] of Object.entries(attributes)) Reflect.set(this, `${STORAGE}${name}`, value);
    if (isSince('2026-09')) Reflect.set(this, `${STORAGE}id`, undefined);
  }

  override serialize(): Record<string, unknown> {
    const plain = super.serialize();
    delete plain.mediaBlob;
    return plain;
  }
}

class MediaObject {
  readonly filehash: string;
  readonly contentInfo = {};
  type = 'image';
  size = 0;

  constructor(filehash: string) {
    this.filehash = filehash;
  }

  consolidate(prepared: { type: string; size: number }): void {
    this.type = prepared.type;
    this.size = prepared.size;
  }
}

interface MediaParams {
  readonly asSticker?: boolean;
  readonly asGif?: boolean;
  readonly isPtt?: boolean;
  readonly asDocument?: boolean;
}

const objects = new Map<string, MediaObject>();
const blobs = new Map<string, Blob>();

export const mediaModules = {
  WAWebMediaOpaqueData: OpaqueData,
  WAWebPrepRawMedia: {
    prepRawMedia: (opaque: OpaqueData, params: MediaParams) => ({
      waitForPrep: () => prepare(opaque, params),
    }),
  },
  WAWebMediaStorage: {
    getOrCreateMediaObject(filehash: string): MediaObject {
      const known = objects.get(filehash) ?? new MediaObject(filehash);
      objects.set(filehash, known);
      return known;
    },
  },
  WAWebMmsMediaTypes: {
    msgToMediaType: ({ type }: { type: string }) => type,
    castToV4: (type: string) => type,
  },
  WAWebMediaDataUtils: { shouldUseMediaCache: () => true },
  WAWebMediaInMemoryBlobCache: {
    InMemoryMediaBlobCache: { put: (filehash: string, blob: Blob) => blobs.set(filehash, blob) },
  },
  WAWebMediaMmsV4Upload: { uploadMedia },
  WAWebDownloadManager: { downloadManager: { downloadAndMaybeDecrypt } },
};

async function prepare(opaque: OpaqueData, params: MediaParams): Promise<MediaData> {
  const blob = opaque.forceToBlob();
  const digest = await crypto.subtle.digest('SHA-256', await blob.arrayBuffer());
  return new MediaData({
    type: mediaType(opaque.type(), params),
    mimetype: opaque.type(),
    size: blob.size,
    filehash: base64(new Uint8Array(digest)),
    mediaBlob: opaque,
    isGif: params.asGif === true,
    preview: undefined,
    filename: blob instanceof File ? blob.name : undefined,
  });
}

function mediaType(mimetype: string, params: MediaParams): string {
  if (params.asSticker) return 'sticker';
  if (params.asDocument) return 'document';
  const [family] = mimetype.split('/');
  if (family === 'audio') return params.isPtt ? 'ptt' : 'audio';
  return family === 'image' || family === 'video' ? family : 'document';
}

/** Gives no `mediaEntry` when it fails, as the real one does. */
async function uploadMedia({ mediaObject }: { mediaObject: MediaObject }): Promise<object> {
  if (current.policy.mode === 'fail-upload') return {};
  const { filehash } = mediaObject;
  const directPath = `/stand-in/media/${filehash.replaceAll('+', '-').replaceAll('/', '_').replace('=', '')}`;
  const response = await fetch(directPath, { method: 'PUT', body: blobs.get(filehash) ?? null });
  blobs.delete(filehash);
  if (!response.ok) return {};
  await sleep(current.policy.uploadMs);
  return {
    mediaEntry: {
      mmsUrl: `https://mmg.whatsapp.net${directPath}`,
      deprecatedMms3Url: '',
      directPath,
      mediaKey: randomHex(16),
      mediaKeyTimestamp: Math.floor(Date.now() / 1000),
      encFilehash: `enc${filehash}`,
      uploadHash: 'up',
      sidecar: undefined,
    },
  };
}

/** Uploads a medium once more, as it is on the server; gives the attributes that a message has of it. */
export async function uploadAgain(directPath: unknown): Promise<Record<string, unknown>> {
  if (current.policy.mode === 'fail-upload') throw new Error('upload failed: media entry was not created');
  const bytes = await downloadAndMaybeDecrypt({ directPath });
  const path = String(directPath);
  const response = await fetch(path, { method: 'PUT', body: bytes });
  if (!response.ok) throw new Error('upload failed: media entry was not created');
  await sleep(current.policy.uploadMs);
  return {
    directPath: path,
    deprecatedMms3Url: '',
    mediaKey: randomHex(16),
    mediaKeyTimestamp: Math.floor(Date.now() / 1000),
    size: bytes.byteLength,
  };
}

async function downloadAndMaybeDecrypt(wanted: unknown): Promise<ArrayBuffer> {
  const path = isRecord(wanted) ? String(wanted.directPath) : '';
  const response = await fetch(path);
  if (!response.ok) throw Object.assign(new Error('media is gone'), { status: response.status });
  return response.arrayBuffer();
}
