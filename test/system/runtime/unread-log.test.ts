import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { PATIENCE_MS } from '../../support/until.ts';

const SERVICES = join(import.meta.dirname, '../../../services');
const LINES = 20_000;

/** A service whose standard output nobody reads until the test does. It has written when it sends a message. */
function startWriter(script: string) {
  const child = spawn(
    process.execPath,
    [
      '--input-type=module-typescript',
      '-e',
      `import { LineBatch } from '${SERVICES}/gate/line-batch.ts'; import { createLog } from '${SERVICES}/runtime/log.ts';` +
        `import { exitWhenWritten } from '${SERVICES}/runtime/standard-output.ts';` +
        `const log = createLog('shop', 'info'); const batch = new LineBatch(log); ${script}`,
    ],
    { stdio: ['ignore', 'pipe', 'inherit', 'ipc'], timeout: PATIENCE_MS, killSignal: 'SIGKILL' },
  );
  const { stdout } = child;
  assert.ok(stdout);
  const read = async () => {
    const lines = (await text(stdout)).split('\n').filter((line) => line !== '');
    return lines.map((line): Record<string, unknown> => JSON.parse(line));
  };
  return { child, stdout, read, exit: once(child, 'exit') };
}

/** Lines that a log has written, and those that it says it has dropped. */
function count(lines: readonly Record<string, unknown>[]) {
  const dropped = lines.flatMap((line) => (typeof line.dropped === 'number' ? [line.dropped] : []));
  return {
    written: lines.length - dropped.length,
    dropped: dropped.reduce((sum, each) => sum + each, 0),
    levels: new Set(lines.filter((line) => typeof line.dropped === 'number').map(({ level }) => level)),
  };
}

describe('log of a service whose supervisor does not read it', () => {
  for (const [kind, write] of [
    ['the log', "log.info('x'.repeat(200))"],
    ['the lines of requests', "batch.add('info', '\"n\":1', 'x'.repeat(200))"],
  ] as const)
    it(`never holds up the service, and counts what it drops (${kind})`, async () => {
      const { child, read } = startWriter(
        `for (let n = 0; n < ${LINES}; n += 1) ${write}; process.send('written'); process.once('message', () => exitWhenWritten(0));`,
      );
      await once(child, 'message');
      const reading = read();
      child.send('end');
      const { written, dropped, levels } = count(await reading);
      assert.equal(written + dropped, LINES);
      assert.ok(dropped > 0 && written > 1_000, `${written} written, ${dropped} dropped`);
      assert.deepEqual(levels, new Set(['warn']));
    });

  it('has its last lines when the process ends after a fatal error, as far as they fit the bound', async () => {
    const { child, read, exit } = startWriter(
      "for (let n = 0; n < 3_000; n += 1) log.info('x'.repeat(200)); log.fatal('the end'); batch.add('info', '\"n\":1', 'last'); process.send('written'); exitWhenWritten(7);",
    );
    await once(child, 'message');
    const lines = await read();
    assert.deepEqual(await exit, [7, null]);
    assert.equal(lines.length, 3_002);
    assert.deepEqual(
      lines.slice(-2).map(({ msg }) => msg),
      ['the end', 'last'],
    );
  });

  it('does not keep a process that ends', async () => {
    const { exit, stdout } = startWriter(
      `for (let n = 0; n < ${LINES}; n += 1) log.info('x'.repeat(200)); exitWhenWritten(7);`,
    );
    assert.deepEqual(await exit, [7, null]);
    stdout.destroy();
  });
});
