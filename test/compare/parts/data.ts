import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type Checkout, WORK } from '../checkout.ts';
import { checksOf, type DataCheck } from '../data-folder/check-folder.ts';
import { Receiver } from '../data-folder/receiver.ts';
import { QUICK, WEBHOOK_SECRET } from '../data-folder/scene.ts';
import { writeFolder } from '../data-folder/write-folder.ts';
import { freePorts, KitProcess } from '../kit-process.ts';

/** The databases on which data folders are compared. */
export const DATABASES = ['sqlite', 'postgres'] as const;
export type DatabaseName = (typeof DATABASES)[number];

/** What the checks of one direction found. */
export interface DataReport {
  readonly title: string;
  readonly checks: number;
  /** What does not hold, and why. */
  readonly failures: readonly { readonly what: string; readonly why: string }[];
  /** Facts that a reader must know, and that are no failures. */
  readonly notes: readonly string[];
}

interface DataWish {
  readonly writer: Checkout;
  readonly reader: Checkout;
  readonly database: DatabaseName;
  /** Fields of a send that the data folder must not have. */
  readonly without: readonly string[];
}

/** Lets one checkout write a data folder, kills it, and lets the other checkout open the folder. */
export async function compareData(wish: DataWish): Promise<DataReport> {
  if (wish.database === 'sqlite') return compareFolder(wish, {});
  // Loaded only here: it is the one file that this tool shares with other tests.
  const { PostgresServer } = await import('../../support/api/postgres-server.ts');
  await using server = await PostgresServer.start();
  // Awaited here: the server ends when this function returns.
  return await compareFolder(wish, { DATABASE_URL: server.url });
}

async function compareFolder(
  { writer, reader, database, without }: DataWish,
  variables: Readonly<Record<string, string>>,
): Promise<DataReport> {
  const title = `${database}: ${writer.of} writes, ${reader.of} opens`;
  mkdirSync(WORK, { recursive: true });
  const dataDir = mkdtempSync(join(WORK, 'data-'));
  const env = { ...QUICK, ...variables };
  const ports = await freePorts();
  await using good = await Receiver.start(WEBHOOK_SECRET);
  await using bad = await Receiver.start(WEBHOOK_SECRET);
  bad.status = 500;
  try {
    await using first = new KitProcess({ root: writer.root, dataDir, ports, env });
    await first.ready();
    const written = await writeFolder(first, [good.url, bad.url], without).catch((cause: unknown) => {
      throw new Error(`${title}: the data folder could not be written\n${first.complaints}`, { cause });
    });
    await first.stop('SIGKILL');
    // No phone scans a code any more: the kit is ready only if the login is in the folder.
    const later = { ...env, SANDBOX_AUTO_LINK: 'false' };
    await using second = new KitProcess({ root: reader.root, dataDir, ports, env: later });
    const opens: DataCheck = {
      what: 'the kit opens the folder, and is logged in',
      run: async () => void (await second.ready()),
    };
    const checks = [opens, ...checksOf(second, written, good)];
    const failures = await runChecks(checks);
    const notes = [
      ...written.refused.map((name) => `${writer.of} does not take ${name}`),
      ...(written.cancel.status === 202 ? [] : [`${writer.of} does not cancel a message in flight`]),
    ];
    return { title, checks: checks.length, failures, notes };
  } finally {
    rmSync(dataDir, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** Runs the checks in their order. Without the first one, which opens the folder, the others make no sense. */
async function runChecks(checks: readonly DataCheck[]): Promise<DataReport['failures']> {
  const failures: { what: string; why: string }[] = [];
  for (const [index, { what, run }] of checks.entries()) {
    try {
      await run();
    } catch (error) {
      failures.push({ what, why: error instanceof Error ? error.message : String(error) });
      if (index === 0) break;
    }
  }
  return failures;
}
