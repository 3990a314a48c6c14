import { parseCommand, UsageError } from './arguments.ts';

/** EX_USAGE of sysexits.h. */
const EXIT_USAGE = 64;

/** The commands, each loaded only when it is called. */
const commands = {
  start: async () => (await import('./start.ts')).start,
  demo: async () => (await import('./demo.ts')).demo,
  config: async () => (await import('./config.ts')).showConfig,
  render: async () => (await import('./render.ts')).render,
  deploy: async () => (await import('./deploy.ts')).deploy,
  rollback: async () => (await import('./deploy.ts')).rollback,
  status: async () => (await import('./deploy.ts')).status,
  logs: async () => (await import('./deploy.ts')).logs,
  destroy: async () => (await import('./deploy.ts')).destroy,
  smoke: async () => (await import('./smoke.ts')).smokeDeployment,
  doctor: async () => (await import('./doctor.ts')).doctor,
  help: async () => (await import('./help.ts')).help,
  version: async () => (await import('./help.ts')).version,
};

/** The command line of Gatehouse. Sets the exit code of the process: 64 for a call it does not understand. */
export async function main(args: readonly string[]): Promise<void> {
  process.stderr.on('error', () => undefined); // As when it was piped into a program that has ended.
  try {
    const command = parseCommand(args);
    const run = await commands[command.name]();
    await run(command);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    process.stderr.write(`gatehouse: ${error.message}\nTry: gatehouse help\n`);
    process.exitCode = EXIT_USAGE;
  }
}
