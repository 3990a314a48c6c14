import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Measured } from './process.ts';

/** What a load came to. */
export interface LoadResult {
  readonly seconds: number;
  /** Answers that were read whole. */
  readonly answers: number;
  /** All bytes read, of unfinished answers too. */
  readonly bytesRead: number;
}

/** Loads a server from a process of its own, each connection asks again as soon as it has its answer. */
export class Load {
  readonly #script: string;

  /** The script that reports as JSON goes into `folder`. */
  constructor(folder: string) {
    this.#script = join(folder, 'report.lua');
    writeFileSync(this.#script, REPORT);
  }

  /** Throws when an answer was an error or a connection broke. `uploadBytes` makes it a POST with such a body. */
  async run(
    { name, port }: Measured,
    path: string,
    connections: number,
    seconds: number,
    uploadBytes = 0,
  ): Promise<LoadResult> {
    const child = spawn(
      'wrk',
      [
        '-t1',
        `-c${connections}`,
        `-d${seconds}s`,
        '-s',
        this.#script,
        `http://127.0.0.1:${port}${path}`,
        String(uploadBytes),
      ],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    let text = '';
    for await (const piece of child.stdout.setEncoding('utf8')) text += piece;
    const report = /^REPORT (.*)$/m.exec(text)?.[1];
    if (report === undefined) throw new Error(`wrk said: ${text}`);
    const { micros, answers, bytes, refused, broken } = JSON.parse(report);
    if (refused > 0 || broken > 0)
      throw new Error(`${name}, ${path}: ${refused} answers were errors, ${broken} connections broke`);
    return { seconds: micros / 1e6, answers, bytesRead: bytes };
  }
}

const REPORT = `
function init(args)
  local uploadBytes = tonumber(args[1])
  wrk.headers["accept"] = "application/json"
  wrk.headers["user-agent"] = "gatehouse-bench"
  if uploadBytes > 0 then
    wrk.method = "POST"
    wrk.headers["content-type"] = "application/octet-stream"
    wrk.body = string.rep("x", uploadBytes)
  end
  local whole = wrk.format()
  request = function() return whole end
end
function done(summary)
  local errors = summary.errors
  print(string.format(
    'REPORT {"micros":%d,"answers":%d,"bytes":%.0f,"refused":%d,"broken":%d}',
    summary.duration, summary.requests, summary.bytes,
    errors.status, errors.connect + errors.read + errors.write))
end
`;
