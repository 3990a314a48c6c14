import assert from 'node:assert/strict';
import {
  describeTrouble,
  exitCodeFor,
  type MachineTrouble,
  troubleIn,
  troubleOf,
} from '../../../services/runtime/process/machine-trouble.ts';

const errno = (code: string, message = `spawn /usr/bin/node ${code}`) =>
  Object.assign(new Error(message), { code });

describe('trouble of the machine', () => {
  for (const code of ['EAGAIN', 'ENOMEM', 'EMFILE', 'ENFILE', 'ENOSPC', 'EDQUOT', 'ENOBUFS', 'EIO'])
    it(`is seen in an error ${code}, in its cause and in its text, and exits with 71`, () => {
      const wrapped = new Error('nginx did not start', { cause: errno(code, 'spawn') });
      for (const error of [errno(code), wrapped, new Error(`nginx could not be started: spawn ${code}`)]) {
        assert.equal(troubleOf(error), code);
        assert.equal(exitCodeFor(error), 71);
      }
    });

  it('is no other error, however it is called', () => {
    const loop = new Error('a');
    loop.cause = loop;
    for (const error of [
      errno('ENOENT'),
      errno('EAI_AGAIN'),
      errno('EACCES'),
      loop,
      'EMFILE',
      undefined,
      7,
    ]) {
      assert.equal(troubleOf(error), undefined);
      assert.equal(exitCodeFor(error, 69), 69);
    }
  });

  const SAID: readonly (readonly [string, MachineTrouble | undefined])[] = [
    ['node: ../deps/uv/src/threadpool.c: init_threads: uv_thread_create failed', 'EAGAIN'],
    [
      'node[7]: std::unique_ptr<…> pthread_create: Resource temporarily unavailable\n----- Native stack trace -----\n 1: 0xabc',
      'EAGAIN',
    ],
    ['sh: 1: Cannot fork\nbash: fork: retry: Resource temporarily unavailable', 'EAGAIN'],
    ['#\n# Fatal process out of memory: Failed to reserve virtual memory for CodeRange\n#', 'ENOMEM'],
    ['# Fatal process out of memory: SegmentedTable::InitializeTable (subspace allocation)', 'ENOMEM'],
    ['  #  Assertion failed: (0) == (uv_loop_init(&loop_))\n\n----- Native stack trace -----\n', 'EMFILE'],
    [
      'node: error while loading shared libraries: libdl.so.2: cannot open shared object file: Error 24',
      'EMFILE',
    ],
    [
      'node: error while loading shared libraries: libdl.so.2: cannot open shared object file: No such file',
      undefined,
    ],
    ["OSError: [Errno 12] Cannot allocate memory: '/app'", 'ENOMEM'],
    ["OSError: [Errno 24] Too many open files: '/app'", 'EMFILE'],
    ['open /app: too many open files', 'EMFILE'],
    ['open /app: Too many open files in system', 'ENFILE'],
    [
      "write error: No space left on device\nException ignored in: <_io.TextIOWrapper name='<stdout>'>",
      'ENOSPC',
    ],
    ["Error: EMFILE: too many open files, open '/app/main.js'\n    at Object.openSync", 'EMFILE'],
    ['FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory', undefined],
    ["Error: Cannot find module './EMFILES'", undefined],
    ['', undefined],
  ];
  for (const [text, trouble] of SAID)
    it(`is ${trouble ?? 'not'} in what a program says: ${text.split('\n').at(0)?.slice(0, 60)}`, () => {
      assert.equal(troubleIn(text), trouble);
    });

  it('is named with its errno in words that name no path', () => {
    assert.equal(describeTrouble('EAGAIN'), 'it can start no more processes or threads (EAGAIN)');
  });
});
