/**
 * Loaded by each process of `mocha --parallel`. One that has not ended a second after its last file gets SIGTERM, while
 * it may still write what it has seen of the sources: on a busy machine the coverage of all its files was lost.
 */
if (process.env.MOCHA_WORKER_ID !== undefined) process.on('SIGTERM', () => undefined);
