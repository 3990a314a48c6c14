import { type Config, control } from '#config';
import { createLog, type Log } from '../../runtime/log.ts';
import { describeInJson, LogOutput } from '../../runtime/log-output.ts';
import { createLineWriter, LogStream } from './log-stream.ts';

/** The supervisor's own log, and the stream that takes the output of all services. Both end in `output`. */
export interface KitLog {
  readonly log: Log;
  readonly logStream: LogStream;
  readonly output: LogOutput;
}

/** Opens the log of the kit on standard output: readable lines on a terminal, else JSON, unless LOG_FORMAT says which. */
export async function openLog({ format, level }: Config['log']): Promise<KitLog> {
  const pretty = format === 'pretty' || (format === 'auto' && process.stdout.isTTY === true);
  const output = pretty
    ? new LogOutput(process.stdout)
    : new LogOutput(process.stdout, describeInJson(control.name));
  const write = await createLineWriter(pretty, output);
  const log = createLog(control.name, level, { write: (line) => write(line.trimEnd()) });
  return { log, logStream: new LogStream(write), output };
}
