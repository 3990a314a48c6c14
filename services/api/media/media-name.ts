import { filenameSchema } from '../../contract/content.ts';

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
