import assert from 'node:assert/strict';
import { SERVER, startService } from '../../support/supervisor/start-service.ts';
import { until } from '../../support/until.ts';

describe('supervisor, of a service that is not of the kit', () => {
  it('starts it, sees it ready, and ends it with SIGTERM', async () => {
    const { service, processes } = await startService(SERVER);
    await service.firstReady;
    assert.equal(service.state, 'ready');
    assert.equal(await service.stop(20_000), true);
    assert.deepEqual(processes(), []);
  });

  it('takes its output, whatever it looks like', async () => {
    const { service, lines } = await startService(`${SERVER} console.log('open'); console.error('oh');`);
    await until('both are there', () => lines.length === 2);
    assert.deepEqual(lines.sort(), ['shop stderr oh\n', 'shop stdout open\n']);
    await service.stop(20_000);
  });

  it('kills it, and what it has started, when it does not heed SIGTERM', async () => {
    const { service, processes } = await startService(
      `${SERVER} process.on('SIGTERM', () => {}); require('node:child_process').spawn('sleep', ['60'], { detached: true });`,
    );
    await service.firstReady;
    await until('its child is there', () => processes().length === 2);
    assert.equal(await service.stop(100), false);
    await until('nothing is left', () => processes().length === 0);
  });

  it('calls it failed after a crash loop, with what happened, and tries again when revived', async () => {
    const { service, failed } = await startService('process.exit(7)');
    await until('it has failed', () => failed.length === 1);
    assert.equal(service.state, 'failed');
    assert.match(service.reason ?? '', /^crash loop: it exited with code 7, 3 times in a row/);
    assert.equal(service.restarts, 2);
    // Nobody may be there to revive it.
    assert.ok(service.nextTry !== undefined && service.nextTry > new Date());
    service.revive();
    await until('it has failed again', () => failed.length === 2);
    assert.equal(await service.stop(20_000), true);
  });

  it('ends a crash loop that is under way when it is stopped', async () => {
    const { service, processes } = await startService('process.exit(1)', {
      limit: 1_000,
      backoffMs: 50,
      backoffMaxMs: 50,
    });
    await until('it restarts', () => service.restarts > 2);
    assert.equal(await service.stop(20_000), true);
    assert.equal(service.state, 'stopped');
    assert.deepEqual(processes(), []);
  });

  it('starts anew what is not ready in time', async () => {
    const { service, failed } = await startService('setInterval(() => {}, 1000)', {
      readyTimeoutMs: 50,
      limit: 2,
    });
    await until('it has failed', () => failed.length === 1);
    assert.match(service.reason ?? '', /it was ended by SIGKILL, 2 times in a row/);
    await service.stop(20_000);
  });
});
