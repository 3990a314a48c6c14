import { z } from 'zod';
import { filenameSchema, mimetypeSchema } from '../../contract/content.ts';
import type { FieldError } from '../../contract/errors.ts';
import { faultOfUrl } from '../outbound/outbound-url.ts';

/** Where a medium comes from. */
export type MediaSource =
  | { readonly from: 'url'; readonly url: string; readonly filename: string | undefined }
  | { readonly from: 'upload'; readonly id: string; readonly filename: string | undefined }
  | {
      readonly from: 'data';
      readonly data: Buffer;
      readonly mimetype: string;
      readonly filename: string | undefined;
    };

/** The field `media` of a send, each of its fields by itself; see `mediaFaults` for how they go together. */
export const mediaSchema = z.strictObject({
  url: z
    .string()
    .superRefine((text, context) => {
      const fault = faultOfUrl(text);
      if (fault !== undefined) context.addIssue({ code: 'custom', message: fault });
    })
    .optional(),
  upload: z
    .string()
    .regex(/^[\w-]{1,64}$/, 'must be an id that POST /api/whatsapp/media gave')
    .optional(),
  data: z
    .string()
    .min(1)
    .refine(isBase64, 'must be base64 with its padding, and nothing else: no data: URL, no line breaks')
    .optional(),
  mimetype: mimetypeSchema.optional(),
  filename: filenameSchema.optional(),
  as_document: z.boolean().optional(),
  as_voice: z.boolean().optional(),
});

const SOURCES = ['url', 'upload', 'data'] as const;

/** What is there and must not be, or is not and must. */
export function mediaFaults(media: Readonly<Record<string, unknown>>): FieldError[] {
  const [first, ...others] = SOURCES.filter((source) => media[source] !== undefined);
  const faults: FieldError[] = [];
  if (first === undefined) faults.push({ field: 'media', message: 'must have one of url, upload and data' });
  for (const other of others)
    faults.push({ field: `media.${other}`, message: `cannot go together with media.${first}` });
  if (first === 'data' && media.mimetype === undefined)
    faults.push({ field: 'media.mimetype', message: 'must be there, since data does not say what it is' });
  if (first !== 'data' && media.mimetype !== undefined)
    faults.push({ field: 'media.mimetype', message: 'goes only with media.data' });
  if (media.as_document === true && media.as_voice === true)
    faults.push({ field: 'media.as_voice', message: 'cannot go together with media.as_document' });
  return faults;
}

/** Of a `media` without faults. */
export function toMediaSource(media: z.infer<typeof mediaSchema>): MediaSource {
  const { url, upload, data, mimetype, filename } = media;
  if (url !== undefined) return { from: 'url', url, filename };
  if (upload !== undefined) return { from: 'upload', id: upload, filename };
  return { from: 'data', data: Buffer.from(data ?? '', 'base64'), mimetype: mimetype ?? '', filename };
}

function isBase64(text: string): boolean {
  return text.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(text);
}
