import { inheritedEnvironment } from '#config';
import type { DoctorOptions } from '../operate/doctor/context.ts';
import { examine } from '../operate/doctor/examine.ts';
import { followMessage } from '../operate/doctor/message/follow.ts';
import { printMessage } from '../operate/doctor/message/print-message.ts';
import { paintFor, printReport } from '../operate/doctor/print.ts';
import { messageIdSchema } from '../services/contract/content.ts';
import { type Command, UsageError } from './command.ts';

/**
 * `gatehouse doctor`, `doctor URL`, `doctor message ID`: what is wrong, why, and what to do; `--json`. Ends the process
 * with 0 when all is good, 1 with warnings, 2 with errors. Throws UsageError.
 */
export async function doctor({ operands, values, settings, options }: Command): Promise<void> {
  const asked = readOperands(operands, values.url);
  const given: DoctorOptions = {
    settings,
    env: inheritedEnvironment(),
    folder: process.cwd(),
    ...(asked.url === undefined ? {} : { url: asked.url }),
  };
  const paint = paintFor(process.stdout.isTTY === true && inheritedEnvironment().NO_COLOR === undefined);
  if (asked.messageId !== undefined) {
    const report = await followMessage(asked.messageId, given);
    end(options.has('json') ? toJson(report) : printMessage(report, paint), report.exit_code);
    return;
  }
  const report = await examine(given);
  end(options.has('json') ? toJson(report) : printReport(report, paint), report.exit_code);
}

interface Asked {
  readonly url?: URL;
  readonly messageId?: string;
}

/** The words behind `doctor`, and `--url`. Throws UsageError. */
export function readOperands([first, second]: readonly string[], urlOption?: string): Asked {
  const url = urlOption === undefined ? {} : { url: readUrl(urlOption) };
  if (first === undefined) return url;
  if (first !== 'message') {
    if (second !== undefined) throw new UsageError(`"${second}" is more than doctor URL takes`);
    if (urlOption !== undefined) throw new UsageError('give the URL once: doctor URL, or --url URL');
    return { url: readUrl(first) };
  }
  if (second === undefined) throw new UsageError('doctor message takes the id of a message');
  if (!messageIdSchema.safeParse(second).success)
    throw new UsageError('that is not the id of a message: such as 3EB0… or true_…@c.us_3EB0…');
  return { ...url, messageId: second };
}

/** The address of a kit. Throws UsageError. */
export function readUrl(text: string): URL {
  // Without a scheme: what is public speaks TLS, this machine does not.
  const scheme = /^(localhost|127\.|\[::1\])/.test(text) ? 'http' : 'https';
  const url = URL.parse(/^\w+:\/\//.test(text) ? text : `${scheme}://${text}`);
  if (url === null || !['http:', 'https:'].includes(url.protocol) || url.hostname === '')
    throw new UsageError('the URL must be that of the kit, such as https://app.example.com');
  return new URL(url.origin);
}

function toJson(report: object): string {
  return `${JSON.stringify(report, null, 2)}\n`;
}

/** Ends at once: a check that was given up may hang in the kernel, on a disk that does not answer. */
function end(text: string, exitCode: number): void {
  process.exitCode = exitCode;
  process.stdout.write(text, () => process.exit(exitCode));
}
