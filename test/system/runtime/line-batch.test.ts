import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

const SERVICES = join(import.meta.dirname, '../../../services');

describe('lines of a log in batches', () => {
  it('are written when the process exits', () => {
    const messages = messagesOf(
      "batch.add('info', '\"n\":1', 'first'); batch.add('info', '\"n\":2', 'second'); process.exit(3);",
    );
    assert.deepEqual(messages, ['first', 'second']);
  });

  it('are written when an uncaught error ends the process, after what the log says of it', () => {
    const messages = messagesOf(
      "process.on('uncaughtException', () => { log.fatal('uncaught'); process.exit(1); }); " +
        "batch.add('info', '\"n\":1', 'last request'); throw new Error('on purpose');",
    );
    assert.deepEqual(messages, ['uncaught', 'last request']);
  });

  it('come soon, and not only with the exit', () => {
    const messages = messagesOf(
      "batch.add('info', '\"n\":1', 'request'); setTimeout(() => process.kill(process.pid, 'SIGKILL'), 1_000);",
    );
    assert.deepEqual(messages, ['request']);
  });

  it('do not wait where there are many', () => {
    const messages = messagesOf(
      "for (let n = 0; n < 200; n += 1) batch.add('info', '\"n\":' + n, 'x'.repeat(90)); process.kill(process.pid, 'SIGKILL');",
    );
    assert.ok(messages.length > 50 && messages.length < 200, `${messages.length} lines`);
  });

  it('are like those of the log itself', () => {
    const [fromLog, fromBatch] = linesOf("log.info({ n: 1 }, 'text'); batch.add('info', '\"n\":1', 'text');");
    assert.deepEqual(Object.keys(fromBatch ?? {}), Object.keys(fromLog ?? {}));
    assert.deepEqual({ ...fromBatch, time: '' }, { ...fromLog, time: '' });
    assert.match(String(fromBatch?.time), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  });
});

function messagesOf(script: string): unknown[] {
  return linesOf(script).map(({ msg }) => msg);
}

/** The lines that a process writes which has a `log` and a `batch` of it. */
function linesOf(script: string): Record<string, unknown>[] {
  const { stdout, stderr } = spawnSync(
    process.execPath,
    [
      '--input-type=module-typescript',
      '-e',
      `import { LineBatch } from '${SERVICES}/gate/line-batch.ts'; import { createLog } from '${SERVICES}/runtime/log.ts';` +
        `const log = createLog('test', 'info'); const batch = new LineBatch(log); ${script}`,
    ],
    { encoding: 'utf8' },
  );
  assert.equal(stderr, '');
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));
}
