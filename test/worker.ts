/** For what it has seen of the sources, on a busy machine. */
const WRITES_WITHIN_MS = 20_000;

/**
 * Loaded by each process of `mocha --parallel`. One that has not ended a second after its last file gets SIGTERM, while
 * it may still write what it has seen of the sources: on a busy machine the coverage of all its files was lost. What a
 * test has left open does not keep it for ever.
 */
if (process.env.MOCHA_WORKER_ID !== undefined)
  process.on('SIGTERM', () => setTimeout(() => process.exit(), WRITES_WITHIN_MS).unref());
