import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';

describe('bridge, a pipe that a dying browser breaks', () => {
  /** Runs a process whose child dies amid a write to it; gives the exit code of the process and what it wrote. */
  function dieAmidWrite(prelude: string): Promise<{ code: unknown; stdout: string; stderr: string }> {
    const script = `
      const { spawn } = await import('node:child_process');
      const { survivePipeErrors } = await import('./services/bridge/session/browser-pipes.ts');
      ${prelude}
      const child = spawn('sleep', ['0.2'], { stdio: ['ignore', 'ignore', 'ignore', 'pipe'] });
      // More than the pipe holds: the child dies while the rest waits to be written.
      child.stdio[3].write(Buffer.alloc(8 * 1024 ** 2));`;
    const cwd = new URL('../../../..', import.meta.url).pathname;
    return new Promise((resolve) => {
      execFile(process.execPath, ['--input-type=module', '-e', script], { cwd }, (error, stdout, stderr) =>
        resolve({ code: error?.code ?? 0, stdout, stderr }),
      );
    });
  }

  it('ends the process when nobody listens', async () => {
    const { code, stderr } = await dieAmidWrite('');
    assert.equal(code, 1);
    assert.match(stderr, /Unhandled 'error' event[\s\S]*(EPIPE|ECONNRESET)/);
  });

  it('is only logged by the listener that the bridge adds to every child', async () => {
    const { code, stdout } = await dieAmidWrite('survivePipeErrors({ debug: (text) => console.log(text) });');
    assert.equal(code, 0);
    assert.match(stdout, /^a pipe to the browser broke: \w+ (EPIPE|ECONNRESET)\n$/);
  });
});
