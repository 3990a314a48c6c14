import type { CommandDeclaration } from './command.ts';

/** The commands: names, help, flags and code. */
export const commands: readonly CommandDeclaration[] = [
  {
    name: 'start',
    help: 'start     run the kit on real WhatsApp (or as WHATSAPP says) until SIGTERM or Ctrl-C',
    load: async () => (await import('./start.ts')).start,
  },
  {
    name: 'demo',
    help: 'demo      run it on the sandbox: a phone to play with, no account, no network',
    options: ['once'],
    refused: ['whatsapp'],
    load: async () => (await import('./demo.ts')).demo,
  },
  {
    name: 'config',
    help: `config    show every setting, its value and where that came from
            --json   for programs      --check   only exit 0, or 78 with every problem`,
    options: ['json', 'check'],
    load: async () => (await import('./config.ts')).showConfig,
  },
  {
    name: 'render',
    help: `render    write what is made from the schema (.env.example, tables in the documents)
            --check  only exit 0, or 1 with what has drifted`,
    options: ['check'],
    writesForOthers: true,
    load: async () => (await import('./generated-files.ts')).render,
  },
  {
    name: 'deploy',
    help: `deploy    ship it and wait until it stands, or take it back (TARGETS: deploy/README.md)
            --target T  --image I  --url U   --dry-run  only tells`,
    options: ['dry-run'],
    values: ['target', 'image', 'url'],
    writesForOthers: true,
    load: async () => (await import('./deploy.ts')).deploy,
  },
  {
    name: 'rollback',
    help: 'rollback  go back to the release before          --target T  --url U  --dry-run',
    options: ['dry-run'],
    values: ['target', 'url'],
    writesForOthers: true,
    load: async () => (await import('./deploy.ts')).rollback,
  },
  {
    name: 'status',
    help: 'status    what runs there                        --target T',
    options: ['dry-run'],
    values: ['target'],
    load: async () => (await import('./deploy.ts')).status,
  },
  {
    name: 'logs',
    help: 'logs      its log                                --target T  --follow',
    options: ['dry-run', 'follow'],
    values: ['target'],
    load: async () => (await import('./deploy.ts')).logs,
  },
  {
    name: 'destroy',
    help: 'destroy   remove it, but not its data            --target T  --yes',
    options: ['dry-run', 'yes'],
    values: ['target'],
    load: async () => (await import('./deploy.ts')).destroy,
  },
  {
    name: 'smoke',
    help: `smoke URL look at a deployment from outside, with the key of API_KEYS: 0 all is well, 1 something failed
            --json   for programs      --expect-release R   fails unless that release answers
            --send   fails when a sandbox cannot send; on real WhatsApp nothing is ever sent`,
    options: ['json', 'send'],
    values: ['expect-release'],
    operands: 1,
    load: async () => (await import('./smoke.ts')).smokeDeployment,
  },
  {
    name: 'doctor',
    help: `doctor    look for what is wrong, with evidence, cause and remedy: on this machine or in this
          container; doctor URL: at a deployed kit; doctor message ID [--url URL]: where a
          message is stuck, since when and why
            --json   for programs      exit code 0 good, 1 warnings, 2 errors`,
    options: ['json'],
    values: ['url'],
    operands: 2,
    load: async () => (await import('./doctor.ts')).doctor,
  },
  {
    name: 'rehearse',
    help: `rehearse  prove on your own phone, against the real WhatsApp, what the kit assumes of it: about a
          dozen messages to yourself; at the end a report to publish, without numbers or names
            --pair NUMBER  a code to type in place of the QR code
            --to NUMBER    also writes to this person (asks first; --yes: does not ask)
            --only STEPS  --skip STEPS   by name or number, separated by commas: compat, text, same-id,
                           media, changes, reload, kill, offline, stand-by, recipient
            --stand-by MINUTES (7)  --offline SECONDS (30)  --out FOLDER
                           exit code 0 as expected, 1 not, 69 another rehearsal runs`,
    options: ['yes'],
    values: ['pair', 'to', 'only', 'skip', 'stand-by', 'offline', 'out'],
    load: async () => (await import('./rehearse.ts')).rehearse,
  },
  {
    name: 'passkey',
    help: `passkey   link an account that has a passkey: prints a snippet for a tab at web.whatsapp.com;
          passkey URL: of a deployed kit (unproven on the real WhatsApp)
            --answer TEXT   gives the kit what the snippet has printed (-: reads standard input)
            --confirm CODE  the code that the phone shows`,
    values: ['answer', 'confirm'],
    operands: 1,
    load: async () => (await import('./passkey.ts')).passkey,
  },
  {
    name: 'account',
    help: `account   which account the session belongs to, and which one is linked; where they differ, nothing goes
          out until you decide: account adopt sends what waits from the account that is linked now,
          account cancel cancels what the account before has not sent; with URL: of a deployed kit
            --linked NUMBER  only while this account is linked   exit code 1 while they differ`,
    values: ['linked'],
    operands: 2,
    load: async () => (await import('./account.ts')).account,
  },
  {
    name: 'help',
    help: 'help      print this',
    load: async () => {
      const { help } = await import('./help.ts');
      return () => help(commands);
    },
  },
  {
    name: 'version',
    help: 'version   print the version',
    load: async () => (await import('./help.ts')).version,
  },
];
