import assert from 'node:assert/strict';
import { UsageError } from '../../../cli/command.ts';
import { readOperands } from '../../../cli/doctor.ts';
import { runCli } from '../../support/cli/run-cli.ts';
import { startDeployment } from '../../support/operate/smoke/deployments.ts';

describe('words behind gatehouse doctor', () => {
  it('are nothing, a URL with or without its scheme, or a message with or without a URL', () => {
    const read = (words: string[], option?: string) => {
      const { url, messageId } = readOperands(words, option);
      return [url?.href, messageId];
    };
    assert.deepEqual(read([]), [undefined, undefined]);
    assert.deepEqual(read(['https://anna:secret@kit.example/x?key=1']), ['https://kit.example/', undefined]);
    assert.deepEqual(read(['kit.example']), ['https://kit.example/', undefined]);
    assert.deepEqual(read(['localhost:8001']), ['http://localhost:8001/', undefined]);
    assert.deepEqual(read([], 'http://kit.example:8080'), ['http://kit.example:8080/', undefined]);
    assert.deepEqual(read(['message', '3EB0AA']), [undefined, '3EB0AA']);
    const whole = 'true_15551234567@c.us_3EB0AA';
    assert.deepEqual(read(['message', whole], 'kit.example'), ['https://kit.example/', whole]);
  });

  it('are refused when they are something else', () => {
    const wrong: readonly (readonly [words: string[], option?: string])[] = [
      [['message']],
      [['message', 'a/../b']],
      [['message', '']],
      [['https://kit.example', 'more']],
      [['https://kit.example'], 'https://kit.example'],
      [['ftp://kit.example']],
      [['https://']],
      [['file:///etc/passwd']],
      [['']],
    ];
    for (const [words, option] of wrong)
      assert.throws(() => readOperands(words, option), UsageError, words.join(' '));
  });
});

describe('gatehouse doctor URL', () => {
  it('writes its report for people, with the exit code of its findings', async () => {
    await using deployment = await startDeployment();
    const { status, stdout, stderr } = await runCli(['doctor', deployment.origin]);
    assert.match(stdout, /^Gatehouse doctor: http:/);
    assert.match(stdout, /✓ Public address: GET \/health\/live: 200/);
    assert.equal(stderr, '');
    assert.equal(status, /✗/.test(stdout) ? 2 : /[!?] /.test(stdout) ? 1 : 0, stdout);
    assert.ok(!stdout.includes('\u001b'), 'a pipe gets no colours');
  });
});
