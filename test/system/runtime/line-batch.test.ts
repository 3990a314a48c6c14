import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

const SERVICES = join(import.meta.dirname, '../../../services');

describe('lines of a log in batches', () => {
  it('are written when an uncaught error ends the process, after what the log says of it', () => {
    const messages = messagesOf(
      "process.on('uncaughtException', () => { log.fatal('uncaught'); process.exit(1); }); " +
        "batch.add('info', '\"n\":1', 'first request'); batch.add('info', '\"n\":2', 'last request'); throw new Error('on purpose');",
    );
    assert.deepEqual(messages, ['uncaught', 'first request', 'last request']);
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
