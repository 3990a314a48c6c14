import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** One call of a stand-in, as it came. */
export interface Call {
  /** As one would type it, words apart by a space. */
  readonly line: string;
  readonly argv: readonly string[];
  readonly input: string;
  readonly env: Readonly<Record<string, string>>;
}

/** What a stand-in does when its line fits a pattern of the shell; the first that fits counts. */
export interface Answer {
  readonly when: string;
  readonly says?: string;
  /** Its exit code, with a word on its standard error. */
  readonly fails?: number;
  /** From then on this release answers at the port. */
  readonly serves?: string;
  /** Does not end by itself within any test. */
  readonly hangs?: boolean;
  /** Only the first time. */
  readonly once?: boolean;
}

const HANG_S = 86_397;

/** Programs first on the PATH that write down how they are called, and answer as they are told. */
export class StandIns implements Disposable {
  readonly folder = mkdtempSync(join(tmpdir(), 'gatehouse-stand-ins-'));
  readonly environment: Readonly<Record<string, string>>;

  constructor(programs: readonly string[]) {
    for (const part of ['bin', 'calls']) mkdirSync(join(this.folder, part));
    for (const program of programs) {
      writeFileSync(join(this.folder, 'bin', program), SCRIPT);
      chmodSync(join(this.folder, 'bin', program), 0o755);
    }
    this.environment = { PATH: join(this.folder, 'bin'), STAND_IN: this.folder };
    this.answer([]);
  }

  /** Which release answers; a file, since programs of their own change it. */
  get serving(): string {
    const path = join(this.folder, 'serving');
    return existsSync(path) ? readFileSync(path, 'utf8') : '';
  }

  set serving(release: string) {
    writeFileSync(join(this.folder, 'serving'), release);
  }

  answer(answers: readonly Answer[]): void {
    const cases = answers.map(({ when, says = '', fails, serves, once, hangs }, index) => {
      const done = `"$STAND_IN/once-${index}"`;
      return [
        `case "$line" in ${when.replaceAll(' ', '\\ ')})`,
        ...(once ? [`if [ ! -e ${done} ]; then : > ${done}`] : []),
        `printf '%s' ${quote(says)}`,
        ...(serves === undefined ? [] : [`printf '%s' ${quote(serves)} > "$STAND_IN/serving"`]),
        ...(hangs ? [`sleep ${HANG_S}`] : []),
        ...(fails === undefined ? ['exit 0'] : [`echo "$me is broken here" >&2; exit ${fails}`]),
        ...(once ? ['fi'] : []),
        ';; esac',
      ].join('\n');
    });
    writeFileSync(join(this.folder, 'answers'), `${cases.join('\n')}\nexit 0\n`);
  }

  get calls(): Call[] {
    return readdirSync(join(this.folder, 'calls'))
      .sort()
      .map((name) => {
        const read = (part: string) => readFileSync(join(this.folder, 'calls', name, part), 'utf8');
        const argv = read('argv').split('\0').slice(0, -1);
        const env = Object.fromEntries(
          read('env')
            .split('\0')
            .filter((line) => line.includes('='))
            .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
        );
        return { line: argv.join(' '), argv, input: read('input'), env };
      });
  }

  get lines(): string[] {
    return this.calls.map(({ line }) => line);
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true });
  }
}

const SCRIPT = `#!/bin/sh
me="\${0##*/}"
line="$me $*"
/usr/bin/env -0 > "$STAND_IN/env-$$"
PATH=/usr/bin:/bin
set -- "$me" "$@"
n=$(ls "$STAND_IN/calls" | wc -l)
call="$STAND_IN/calls/$(printf '%04d' "$n")"
mkdir "$call"
printf '%s\\0' "$@" > "$call/argv"
mv "$STAND_IN/env-$$" "$call/env"
cat > "$call/input"
. "$STAND_IN/answers"
`;

function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
