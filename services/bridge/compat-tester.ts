import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import {
  type CapabilityState,
  type CompatReport,
  capabilityStateSchema,
  kindsOf,
  obstacleFor,
} from '../contract/compat.ts';
import type { BridgeContent } from '../contract/content.ts';
import { errorText, KitError } from '../contract/errors.ts';
import type { BridgeEvent } from '../contract/events.ts';
import type { Log } from '../runtime/log.ts';
import { DurableFile } from './durable-file.ts';
import { type TestedPage, testPage } from './page/compat/self-test.ts';
import { PageDataError } from './page/data.ts';

/** The browser of a page that is ready. */
export interface TestedBrowser {
  readonly isReady: boolean;
  call<T>(what: string, act: (page: TestedPage) => Promise<T>): Promise<T>;
}

export interface CompatTesterOptions {
  readonly session: string;
  /** The file with the last report. The next process reads it. */
  readonly path: string;
  readonly log: Log;
  /** Between two tests while something is broken; RETEST_MS unless given. */
  readonly retestMs?: number;
  tell(event: BridgeEvent): void;
  /** The session sends nothing while there is a reason. */
  hold(reason: string | undefined): void;
}

/** Often enough for a chunk of the page that loads late; each test takes some milliseconds of the page. */
const RETEST_MS = 5_000;

/** Without these the session sends nothing. */
const ESSENTIAL = ['acks', 'inbound'];

/** Tests each page, keeps the newest report, and reports each change: what is broken refuses its own requests only. */
export class CompatTester {
  readonly #options: CompatTesterOptions;
  readonly #file: DurableFile<CapabilityState[]>;
  #report: CompatReport = { capabilities: [] };
  /** The last reported state of each capability. Undefined until the file has been read. */
  #told: Map<string, CapabilityState> | undefined;
  #writing: Promise<void> = Promise.resolve();
  #timer: NodeJS.Timeout | undefined;
  /** Capabilities that this load of the page breaks, seen once and not reported yet. */
  readonly #seenBroken = new Set<string>();
  /** The page has refused what the last test found possible. */
  #isDoubted = false;

  constructor(options: CompatTesterOptions) {
    this.#options = options;
    this.#file = new DurableFile(options.path, z.array(capabilityStateSchema));
  }

  get report(): CompatReport {
    return this.#report;
  }

  /**
   * Tests a page. Returns why the session cannot be ready with it; undefined when it can. Throws the error of a page that
   * went away.
   */
  async test(page: TestedPage): Promise<string | undefined> {
    const { log } = this.#options;
    const startedAt = performance.now();
    try {
      const { pageVersion, capabilities } = await testPage(page);
      const tookMs = Math.round(performance.now() - startedAt);
      log.debug({ took_ms: tookMs }, `the self-test of the page took ${tookMs} ms`);
      this.#report = {
        tested_at: new Date().toISOString(),
        ...(pageVersion === undefined ? {} : { page_version: pageVersion }),
        took_ms: tookMs,
        capabilities: [...capabilities],
      };
    } catch (error) {
      if (!(error instanceof PageDataError)) throw error;
      log.error({ err: error }, `the self-test of the page cannot be read: ${error.message}`);
      return undefined;
    }
    await this.#tellChanges();
    this.#options.hold(
      ESSENTIAL.map((name) => this.#brokenReason(name)).find((reason) => reason !== undefined),
    );
    return this.#brokenReason('inbound');
  }

  /** Throws `page_incompatible` when a broken capability is needed for this content. */
  demand(content: BridgeContent): void {
    const broken = obstacleFor(kindsOf(content), this.#report.capabilities);
    if (broken === undefined) return;
    throw new KitError(
      'page_incompatible',
      `nothing was sent: this version of WhatsApp Web breaks ${broken.capability} (${broken.reason ?? 'no reason known'})`,
    );
  }

  /** The page has failed at a request: it may have changed since its last test, and is tested again. */
  doubt(): void {
    this.#isDoubted = true;
  }

  /**
   * The page of this browser is ready. While something is broken, or in doubt, it is tested again: a part may only load
   * late.
   */
  pageReady(browser: TestedBrowser): void {
    clearInterval(this.#timer);
    const { retestMs = RETEST_MS } = this.#options;
    this.#timer = setInterval(() => void this.#retest(browser), retestMs).unref();
  }

  pageAway(): void {
    this.#seenBroken.clear();
    clearInterval(this.#timer);
  }

  /** Resolves when the last report is on disk. */
  async close(): Promise<void> {
    this.pageAway();
    await this.#writing;
  }

  async #retest(browser: TestedBrowser): Promise<void> {
    const isBroken = this.#report.capabilities.some(({ state }) => state === 'broken');
    if (!browser.isReady || !(isBroken || this.#isDoubted)) return;
    this.#isDoubted = false;
    try {
      await browser.call('the test of the page', (page) => this.test(page));
    } catch (error) {
      this.#options.log.debug(`the page could not be tested again: ${errorText(error)}`);
    }
  }

  #brokenReason(capability: string): string | undefined {
    const row = this.#report.capabilities.find((one) => one.capability === capability);
    if (row?.state !== 'broken') return undefined;
    return `this version of WhatsApp Web breaks ${capability}: ${row.reason ?? 'no reason known'}`;
  }

  async #tellChanges(): Promise<void> {
    this.#told ??= new Map((await this.#readTold()).map((row) => [row.capability, row]));
    const told = this.#told;
    const { capabilities } = this.#report;
    const now = new Map(capabilities.map((row) => [row.capability, row]));
    // An earlier release may have reported a capability that this one does not test.
    const gone = [...told.values()].filter(({ capability }) => !now.has(capability));
    const rows: CapabilityState[] = [
      ...capabilities,
      ...gone.map(({ capability }) => ({ capability, state: 'ok' as const, kinds: [] })),
    ];
    const changed = rows.filter((row) => isChange(told.get(row.capability), row) && this.#isCertain(row));
    for (const row of changed) this.#tell(row);
    if (changed.length === 0) return;
    for (const row of changed) told.set(row.capability, row);
    for (const { capability } of gone) told.delete(capability);
    this.#writing = this.#writing
      .then(() => this.#file.write([...told.values()]))
      .catch((error: unknown) => {
        this.#options.log.warn(`the report of the page could not be kept: ${errorText(error)}`);
      });
    await this.#writing;
  }

  /**
   * A part that holds nothing back may only load late, as the calls do. It is reported as broken after the second test of
   * the same page.
   */
  #isCertain({ capability, state, kinds }: CapabilityState): boolean {
    if (state !== 'broken' || kinds.length > 0 || ESSENTIAL.includes(capability)) return true;
    if (this.#seenBroken.has(capability)) return true;
    this.#seenBroken.add(capability);
    return false;
  }

  async #readTold(): Promise<CapabilityState[]> {
    try {
      return (await this.#file.read()) ?? [];
    } catch (error) {
      this.#options.log.warn(`the last report about the page cannot be read: ${errorText(error)}`);
      return [];
    }
  }

  #tell(row: CapabilityState): void {
    const { session, log, tell } = this.#options;
    const { page_version } = this.#report;
    const { capability, state, reason, kinds } = row;
    const text = `${capability} is ${state}${reason === undefined ? '' : `: ${reason}`}`;
    if (state === 'broken') {
      const held = kinds.length === 0 ? '' : `; held until it is restored: ${kinds.join(', ')}`;
      log.error({ capability, state, page_version }, `WhatsApp Web: ${text}${held}`);
    } else log.info({ capability, state, page_version }, `WhatsApp Web: ${text}`);
    tell({
      session,
      key: `compat:${capability}:${randomUUID()}`,
      at: new Date().toISOString(),
      kind: 'compat',
      data: { ...row, ...(page_version === undefined ? {} : { page_version }) },
    });
  }
}

/** Until a capability has been reported, it counts as `ok`. What is not proven is no change. */
function isChange(before: CapabilityState | undefined, now: CapabilityState): boolean {
  if ((before?.state ?? 'ok') !== now.state) return true;
  return now.state !== 'ok' && before?.reason !== now.reason;
}
