import { z } from 'zod';

/** A media type, parameters and all: `audio/ogg; codecs=opus`. */
export const mimetypeSchema = z
  .string()
  .max(128)
  .regex(
    /^[a-z]+\/[a-z0-9][a-z0-9.+-]*(?: *; *[\w-]+=(?:[\w.+-]+|"[^"\\\u0000-\u001f]*"))*$/i,
    'must be a media type such as image/png',
  );

/** A name to save a file under, in any script, without a path. */
export const filenameSchema = z
  .string()
  .min(1)
  .max(255)
  .refine(
    (name) => name.isWellFormed() && !/[\u0000-\u001f\u007f/\\]/.test(name),
    'must be the name of a file: no path, no control characters',
  );

/** Whether MEDIA_TYPES lets a media type pass, whatever its parameters. */
export function isAllowedType(mimetype: string, allowed: readonly string[]): boolean {
  const [type = ''] = mimetype.toLowerCase().split(/ *;/);
  return allowed.some(
    (known) => known === type || (known.endsWith('/*') && type.startsWith(known.slice(0, -1))),
  );
}

/** The last part of a URL where it looks like the name of a file. */
export function filenameIn(url: URL): string | undefined {
  const last = url.pathname.split('/').at(-1) ?? '';
  const name = filenameSchema.safeParse(decode(last)).data;
  return name !== undefined && /[^.]\.\w+$/.test(name) ? name : undefined;
}

/** The name that a `Content-Disposition` gives; undefined when it gives none. Source: RFC 6266. */
export function filenameOf(disposition: string | undefined): string | undefined {
  if (disposition === undefined) return undefined;
  const extended = /;\s*filename\*\s*=\s*UTF-8'[^']*'([^\s;]+)/i.exec(disposition)?.[1];
  if (extended !== undefined) return decode(extended);
  const [, quoted, token] = /;\s*filename\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s;"]+))/i.exec(disposition) ?? [];
  return quoted === undefined ? token : quoted.replace(/\\(.)/g, '$1');
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // Not encoded after all.
  }
}
