import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { isMissing, runCommand, showCommand } from '../../../../deploy/shipping/command.ts';
import { until } from '../../../support/until.ts';

const place = { folder: tmpdir(), environment: { PATH: process.env.PATH } };

describe('a command of a deploy', () => {
  it('gets its words, its environment and its input as they are, and runs in the folder', async () => {
    const script = 'cat; printf "%s|" "$@" "$NAME" "$ONE"; pwd >&2';
    const words = ['$(id)', '; rm', "it's", ''];
    const outcome = await runCommand(
      { argv: ['sh', '-c', script, 'sh', ...words], env: { NAME: 'value' }, input: 'in\n' },
      { folder: '/usr', environment: { ...place.environment, NAME: 'other', ONE: '1' } },
    );
    assert.equal(outcome.code, 0);
    assert.equal(outcome.stdout, "in\n$(id)|; rm|it's||value|1|");
    assert.ok(outcome.output.includes('/usr\n'), outcome.output);
  });

  it('ends as its program does: by a code, by a signal, or since there is none', async () => {
    const codes = await Promise.all(
      [
        { argv: ['sh', '-c', 'exit 7'] },
        { argv: ['sh', '-c', 'kill -9 $$'] },
        // It may also end without reading its input.
        { argv: ['sh', '-c', 'exit 0'], input: 'x'.repeat(2 * 1024 ** 2) },
      ].map(async ({ argv: [file = '', ...args], ...rest }) => {
        const { code } = await runCommand({ argv: [file, ...args], ...rest }, place);
        return code;
      }),
    );
    assert.deepEqual(codes, [7, 128 + 9, 0]);
    for (const input of ['', 'x'.repeat(1e6)])
      assert.ok(isMissing(await runCommand({ argv: ['no-such-program-anywhere'], input }, place)));
  });

  it('may say more than is kept: the end of it', async () => {
    const long = await runCommand(
      { argv: ['sh', '-c', 'head -c 9000000 /dev/zero | tr "\\0" a; echo end'] },
      place,
    );
    assert.equal(long.stdout.length, 4 * 1024 ** 2);
    assert.equal(long.output.length, 4 * 1024 ** 2);
    assert.match(long.stdout.slice(-10), /aend\n$/);
  });

  it('is ended when the deploy is interrupted, with all that it has started', async () => {
    const file = join(tmpdir(), `gatehouse-command-${process.pid}`);
    const interruption = new AbortController();
    const outcome = runCommand(
      { argv: ['sh', '-c', `sleep 60 & echo $! > ${file}; wait`] },
      { ...place, signal: interruption.signal },
    );
    const child = await until('it has started a process', () => Number(readOr(file, '0').trim()));
    interruption.abort();
    assert.equal((await outcome).code, 128 + 15);
    await until('that process has ended', () => !isAlive(child));
    rmSync(file);
    assert.equal(
      (await runCommand({ argv: ['sleep', '60'] }, { ...place, signal: interruption.signal })).code,
      143,
    );
  });
});

describe('a command that is shown', () => {
  it('is what a shell reads as the same words', () => {
    const word = fc.string({ maxLength: 20, unit: fc.constantFrom(...'xyz\'"\\$ `*?\n~()|<>{}') });
    const command = fc.array(word, { minLength: 1, maxLength: 4 });
    // One shell reads all 40 commands. NUL ends each word, and a word that no command has ends each command.
    fc.assert(
      fc.property(fc.array(command, { minLength: 40, maxLength: 40 }), (commands) => {
        const script = commands
          .map((words) => `${showCommand({ argv: ['printf', '%s\\0', ...words] }, [])}; printf 'END\\0'`)
          .join('\n');
        const { stdout } = spawnSync('/bin/sh', ['-c', script], { encoding: 'utf8' });
        const read = stdout.split('\0').slice(0, -1);
        assert.deepEqual(
          read,
          commands.flatMap((words) => [...words, 'END']),
        );
      }),
      { numRuns: 1 },
    );
  });
});

function readOr(path: string, otherwise: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return otherwise;
  }
}

function isAlive(pid: number): boolean {
  try {
    return !readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ');
  } catch {
    return false;
  }
}
