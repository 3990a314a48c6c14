import { statSync } from 'node:fs';
import { type Config, keysFileRules, readKeysFile } from '#config';
import { errorText } from '../../contract/errors.ts';
import type { Log } from '../log.ts';

/** The file of keys is looked at this often at most, however many requests come. */
const LOOK_EVERY_MS = 1_000;

/** The keys that open the api now. */
export interface KeySource {
  /** The same list until it changes. */
  current(): readonly string[];
  /** Whether a key is asked for, also while there is none. */
  readonly isAsked: boolean;
}

/**
 * The keys of API_KEYS and of API_KEYS_FILE, which is read again when it changes. A file that cannot be read, or is
 * wrong, leaves the keys as they were; without any, nobody may pass. Never throws.
 */
export class ApiKeyRing implements KeySource {
  readonly isAsked: boolean;
  readonly #config: Config;
  readonly #log: Pick<Log, 'info' | 'error'>;
  readonly #now: () => number;
  #keys: readonly string[];
  #seen = '';
  #lookedMs = Number.NEGATIVE_INFINITY;

  constructor(config: Config, log: Pick<Log, 'info' | 'error'>, now = () => performance.now()) {
    this.#config = config;
    this.#log = log;
    this.#now = now;
    this.#keys = config.apiKeys;
    this.isAsked = config.apiKeys.length > 0 || config.apiKeysFile !== '';
    this.current();
  }

  current(): readonly string[] {
    if (this.#config.apiKeysFile === '') return this.#keys;
    const nowMs = this.#now();
    if (nowMs - this.#lookedMs < LOOK_EVERY_MS) return this.#keys;
    this.#lookedMs = nowMs;
    const { apiKeys, apiKeysFile } = this.#config;
    const state = stateOf(apiKeysFile);
    if (state === this.#seen) return this.#keys;
    const isFirst = this.#seen === '';
    this.#seen = state;
    try {
      this.#keys = [...new Set([...apiKeys, ...readKeysFile(apiKeysFile, keysFileRules(this.#config))])];
      if (!isFirst) this.#log.info(`API_KEYS_FILE has changed: ${this.#keys.length} keys open the api now`);
    } catch (error) {
      this.#log.error(
        `API_KEYS_FILE ${apiKeysFile} cannot be used: ${errorText(error)}; until then the ${this.#keys.length} keys from before open the api`,
      );
    }
    return this.#keys;
  }
}

/** Changes whenever the file does, also when another takes its place. */
function stateOf(path: string): string {
  try {
    const { ino, size, mtimeNs, ctimeNs } = statSync(path, { bigint: true });
    return `${ino} ${size} ${mtimeNs} ${ctimeNs}`;
  } catch (error) {
    return errorText(error);
  }
}
