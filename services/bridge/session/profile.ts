import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Log } from '../../runtime/log.ts';
import { type FileLock, logReplaced } from '../../runtime/process/file-lock.ts';
import { freeProfile, lockProfile } from './profile-lock.ts';

/** Quarantined profiles that are kept, the newest. */
const QUARANTINED_KEPT = 3;

/**
 * The folder in which a browser keeps one login; named as LocalAuth names it, so that a login can be taken over.
 * What it holds is never deleted but by age, out of the quarantine.
 */
export class Profile {
  readonly dir: string;
  readonly #sessionsDir: string;
  readonly #session: string;
  readonly #log: Log;
  #lock: FileLock | undefined;

  constructor(sessionsDir: string, session: string, log: Log) {
    this.#sessionsDir = resolve(sessionsDir);
    this.#session = session;
    this.#log = log;
    this.dir = join(this.#sessionsDir, `session-${session}`);
  }

  /** Takes the sole right to it, until `release`, and makes it free for a browser. Throws `bridge_failed`. */
  async claim(): Promise<void> {
    if (this.#lock === undefined) {
      this.#lock = lockProfile(this.dir);
      logReplaced(this.#lock, this.dir, this.#log);
    }
    const done = await freeProfile(this.dir);
    if (done !== undefined) this.#log.warn(`profile ${this.dir}: ${done}`);
  }

  release(): void {
    this.#lock?.release();
    this.#lock = undefined;
  }

  /** Moves the profile of a login that has ended out of the way. Only while it is claimed and no browser runs on it. */
  async quarantine(reason: string): Promise<void> {
    const quarantineDir = join(this.#sessionsDir, 'quarantine');
    await mkdir(quarantineDir, { recursive: true });
    const place = join(
      quarantineDir,
      `session-${this.#session}.${new Date().toISOString().replaceAll(':', '-')}`,
    );
    try {
      await rename(this.dir, place);
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return;
      throw error;
    }
    this.#log.warn({ place }, `${reason}: the profile is kept in quarantine at ${place}`);
    const all = (await readdir(quarantineDir))
      .filter((name) => name.startsWith(`session-${this.#session}.`))
      .sort();
    for (const name of all.slice(0, -QUARANTINED_KEPT)) {
      await rm(join(quarantineDir, name), { recursive: true, force: true });
    }
  }
}
