import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createLog } from '../../../services/runtime/log.ts';
import { watchOutOfMemory } from '../../../services/supervisor/log/oom-watch.ts';

describe('supervisor, told of memory by the kernel', () => {
  let folder: string;
  let lines: string[];
  const log = createLog('supervisor', 'info', { write: (line) => lines.push(line) });
  const write = (path: string, text: string) => {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  };
  const watch = () => watchOutOfMemory(log, { groups: join(folder, 'groups'), mount: join(folder, 'mount') });

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'gatehouse-memory-'));
    lines = [];
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  for (const [system, groups, events, limit] of [
    ['a container of version 2', '0::/\n', 'memory.events', 'memory.max'],
    [
      'a unit of version 2',
      '0::/system.slice/kit.service\n',
      'system.slice/kit.service/memory.events',
      'system.slice/kit.service/memory.max',
    ],
    [
      'a container of version 1',
      '4:memory:/docker/5af3\n0::/\n',
      'memory/memory.oom_control',
      'memory/memory.limit_in_bytes',
    ],
    [
      'a unit of version 1',
      '7:cpu,memory:/kit\n',
      'memory/kit/memory.oom_control',
      'memory/kit/memory.limit_in_bytes',
    ],
  ] as const) {
    it(`says in ${system} what was killed, and of how much memory`, () => {
      write('groups', groups);
      write(`mount/${events}`, 'low 0\noom 9\noom_kill 1\n');
      write(`mount/${limit}`, `${256 * 1024 ** 2}\n`);
      const watching = watch();
      write(`mount/${events}`, 'low 0\noom 9\noom_kill 3\n');
      watching[Symbol.dispose]();
      assert.equal(lines.length, 1);
      assert.match(
        lines[0] ?? '',
        /out of memory: the kernel has killed 2 processes of this container or unit, which may have 256 MB/,
      );
    });
  }

  it('says nothing of what happened before it looked, and names no limit where there is none', () => {
    write('groups', '0::/\n');
    write('mount/memory.events', 'oom_kill 4\n');
    write('mount/memory.max', 'max\n');
    const watching = watch();
    watching[Symbol.dispose]();
    assert.deepEqual(lines, []);
    const again = watch();
    write('mount/memory.events', 'oom_kill 5\n');
    again[Symbol.dispose]();
    assert.match(lines[0] ?? '', /killed a process of this container or unit; give/);
  });

  it('is silent where the kernel tells nothing, or something else', () => {
    for (const text of [undefined, '', 'oom_kill many\n', 'xoom_kill 3\n']) {
      if (text !== undefined) write('mount/memory.events', text);
      watch()[Symbol.dispose]();
    }
    assert.deepEqual(lines, []);
  });
});
