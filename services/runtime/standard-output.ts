import { describeInJson, LogOutput } from './log-output.ts';

let output: LogOutput | undefined;

/** Writes whole lines of JSON of a service to standard output, without a wait for the reader. */
export function writeToStandardOutput(service: string, text: string): void {
  output ??= new LogOutput(process.stdout, describeInJson(service));
  output.write(text);
}

/** Calls `write` before this process exits, for lines that wait for others. */
export function writeLast(write: () => void): void {
  if (lastWrites.size === 0) process.once('exit', runLastWrites);
  lastWrites.add(write);
}

/** Ends this process once its log is written, or half a second later where nobody reads it. */
export function exitWhenWritten(code: number): void {
  runLastWrites();
  if (output === undefined || output.isWritten) process.exit(code);
  void output.flush().finally(() => process.exit(code));
}

const lastWrites = new Set<() => void>();

function runLastWrites(): void {
  for (const write of lastWrites) write();
}
