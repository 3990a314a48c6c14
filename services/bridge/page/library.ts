import type { AuthStrategy, Client, ClientOptions, Location } from 'whatsapp-web.js';
import { errorText } from '../../contract/errors.ts';
import type { Log } from '../../runtime/log.ts';

export type { LaunchOptions, Page } from 'puppeteer';
export type { AuthStrategy, Client, Message, MessageSendOptions } from 'whatsapp-web.js';

/** A client with the private method that `listeners.ts` wraps; a later version of the library may have another. */
export interface LibraryClient extends Client {
  /** The library calls it once for each page that has synced, and reports no event of the page before it resolves. */
  attachEventListeners?(): Promise<void>;
}

/** The parts of whatsapp-web.js that the bridge uses. */
export interface Library {
  readonly Client: new (options: LibraryOptions) => LibraryClient;
  readonly NoAuth: new () => AuthStrategy;
  readonly Location: LocationClass;
}

/** The class of a location; the library recognizes a location by it. */
export type LocationClass = new (...given: ConstructorParameters<typeof Location>) => Location;

/**
 * Loads whatsapp-web.js and puppeteer, which takes a third of a second. This is the only file that imports them.
 *
 * It loads three files of whatsapp-web.js, because the index also loads archiver, unzipper and fs-extra for RemoteAuth:
 * 125 ms and 11 MB that the bridge does not need (DECISIONS 68; test: library). These paths are private. When one of
 * them is missing, it loads the index instead. Throws the import's error when that fails too.
 */
export async function loadLibrary(
  log: Pick<Log, 'warn'>,
  importModule: ImportModule = (name) => import(name),
): Promise<Library> {
  try {
    const [client, noAuth, location] = await Promise.all(PATHS.map(importModule));
    return asLibrary({
      Client: defaultOf(client),
      NoAuth: defaultOf(noAuth),
      Location: defaultOf(location),
    });
  } catch (error) {
    log.warn(
      { err: error },
      `whatsapp-web.js is loaded whole, which needs about 11 MB more: ${errorText(error)}`,
    );
    return asLibrary(defaultOf(await importModule('whatsapp-web.js')));
  }
}

type LibraryOptions = Omit<ClientOptions, 'userAgent'> & { readonly userAgent: false };

type ImportModule = (name: string) => Promise<unknown>;

const PATHS = [
  'whatsapp-web.js/src/Client.js',
  'whatsapp-web.js/src/authStrategies/NoAuth.js',
  'whatsapp-web.js/src/structures/Location.js',
] as const;

/** The exports of a CommonJS module. */
function defaultOf(module: unknown): unknown {
  return typeof module === 'object' && module !== null && 'default' in module ? module.default : undefined;
}

function asLibrary(parts: unknown): Library {
  if (isLibrary(parts)) return parts;
  throw new Error('whatsapp-web.js does not export Client, NoAuth and Location');
}

function isLibrary(parts: unknown): parts is Library {
  if (typeof parts !== 'object' || parts === null) return false;
  if (!('Client' in parts && 'NoAuth' in parts && 'Location' in parts)) return false;
  return [parts.Client, parts.NoAuth, parts.Location].every((part) => typeof part === 'function');
}
