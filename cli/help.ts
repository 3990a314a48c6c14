import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../services/runtime/root-folder.ts';

export function help(): void {
  process.stdout.write(`gatehouse: a WhatsApp backend and its services behind one public port

Usage: gatehouse COMMAND [--SETTING VALUE ...]

  start     run the kit on real WhatsApp (or as WHATSAPP says) until SIGTERM or Ctrl-C
  demo      run it on the sandbox: a phone to play with, no account, no network
  config    show every setting, its value and where that came from
              --json   for programs      --check   only exit 0, or 78 with every problem
  render    write what is made from the schema (.env.example, tables in the documents)
              --check  only exit 0, or 1 with what has drifted
  deploy    ship it and wait until it stands, or take it back (TARGETS: deploy/README.md)
              --target T  --image I  --url U   --dry-run  only tells
  rollback  go back to the release before          --target T  --url U  --dry-run
  status    what runs there                        --target T
  logs      its log                                --target T  --follow
  destroy   remove it, but not its data            --target T  --yes
  smoke URL look at a deployment from outside, with the key of API_KEYS: 0 all is well, 1 something failed
              --json   for programs      --expect-release R   fails unless that release answers
              --send   fails when a sandbox cannot send; on real WhatsApp nothing is ever sent
  doctor    look for what is wrong, with evidence, cause and remedy: on this machine or in this
            container; doctor URL: at a deployed kit; doctor message ID [--url URL]: where a
            message is stuck, since when and why
              --json   for programs      exit code 0 good, 1 warnings, 2 errors
  version   print the version
  help      print this

Every setting is a variable, and a flag of the same name: API_PORT=9001 is --api-port 9001.
See README.md for the settings, or run: gatehouse config

Exit codes: 0 stopped in order; 1 failed, or something had to be killed; 64 wrong usage;
69 a port or the data folder is taken; 78 the configuration is wrong, nothing was started.
`);
}

export function version(): void {
  const manifest: { version?: unknown } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  process.stdout.write(`gatehouse ${String(manifest.version)} (node ${process.version})\n`);
}
