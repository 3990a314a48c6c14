import { globSync } from 'node:fs';

/** Tests that keep the processors busy (they start browsers, kits or images), and the longest of them first. */
const BUSY = ['chaos', 'docker', 'deploy', 'kit', 'bridge', 'sandbox'];
/** What is judged by how soon a gate under attack answers: when nothing else runs. */
const LAST = ['test/gate/endurance/slow-clients.test.ts'];
const files = globSync('test/**/*.test.ts').sort();
const busy = BUSY.flatMap((folder) => files.filter((file) => file.startsWith(`test/${folder}/`)));
const rest = files.filter((file) => !busy.includes(file) && !LAST.includes(file));

/** In turn one of those that keep the processors busy and some of the others, most of which wait: they run beside each other. */
const mixed = busy.flatMap((file, index) => {
  const share = (count) => Math.round((count * rest.length) / busy.length);
  return [file, ...rest.slice(share(index), share(index + 1))];
});

export default {
  spec: [...mixed, ...LAST],
  parallel: true,
  jobs: 3,
  require: ['./test/worker.ts'],
  timeout: 60_000,
  slow: 2_000,
  reporter: './test/reporter.ts',
  'forbid-only': true,
  'forbid-pending': true,
};
