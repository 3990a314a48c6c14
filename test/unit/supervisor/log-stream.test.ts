import assert from 'node:assert/strict';
import { LogStream } from '../../../services/supervisor/log/log-stream.ts';

function collect() {
  const lines: string[] = [];
  return { lines, stream: new LogStream((line) => lines.push(line)) };
}

describe('log stream', () => {
  it('passes what a service of the kit logs, whole, however it is cut into pieces', () => {
    const { lines, stream } = collect();
    const line = '{"level":"info","name":"api","msg":"grüße"}';
    const bytes = Buffer.from(`${line}\n`);
    for (const byte of bytes) stream.take('api', 'stdout', Buffer.from([byte]));
    assert.deepEqual(lines, [line]);
  });

  it('wraps anything else, with the name of the service', () => {
    const { lines, stream } = collect();
    stream.take(
      'shop',
      'stderr',
      Buffer.from('Traceback (most recent call last):\n\n{"level":"info","name":"api"}\n'),
    );
    assert.deepEqual(
      lines.map((line) => JSON.parse(line)).map(({ level, name, msg }) => [level, name, msg]),
      [
        ['error', 'shop', 'Traceback (most recent call last):'],
        ['error', 'shop', '{"level":"info","name":"api"}'],
      ],
    );
  });

  it('keeps the lines of several services and streams apart', () => {
    const { lines, stream } = collect();
    stream.take('a', 'stdout', Buffer.from('one'));
    stream.take('b', 'stdout', Buffer.from('two\n'));
    stream.take('a', 'stderr', Buffer.from('three\n'));
    stream.take('a', 'stdout', Buffer.from(' more\n'));
    assert.deepEqual(
      lines.map((line) => JSON.parse(line).msg),
      ['two', 'three', 'one more'],
    );
  });

  it('cuts a line without end into pieces rather than keep it', () => {
    const { lines, stream } = collect();
    stream.take('a', 'stdout', Buffer.from('x'.repeat(200_000)));
    assert.equal(lines.length, 3);
  });
});
