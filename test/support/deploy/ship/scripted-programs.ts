import type { CommandOptions, Outcome, Command as Program } from '../../../../deploy/shipping/command.ts';
import type { Answer, Call } from './stand-ins.ts';

const NO_SUCH_PROGRAM = 127;

/** Takes the place of `runCommand`: records each command and gives a scripted outcome, without a process. */
export class ScriptedPrograms {
  /** The PATH of a deploy, and whatever else its programs inherit. */
  readonly environment: Readonly<Record<string, string>> = { PATH: '/usr/bin:/bin' };
  readonly calls: Call[] = [];
  /** The release that answers at the public address; empty: none. */
  serving = '';
  readonly #programs: readonly string[];
  #answers: readonly Answer[] = [];
  readonly #given = new Set<Answer>();

  constructor(programs: readonly string[]) {
    this.#programs = programs;
  }

  /** The first answer whose pattern fits a line counts. A line that fits none ends well and says nothing. */
  answer(answers: readonly Answer[]): void {
    this.#answers = answers;
  }

  get lines(): string[] {
    return this.calls.map(({ line }) => line);
  }

  readonly run = async (
    { argv, env = {}, input = '' }: Program,
    { environment }: CommandOptions,
  ): Promise<Outcome> => {
    const [program] = argv;
    if (!this.#programs.includes(program))
      return { code: NO_SUCH_PROGRAM, stdout: '', output: `spawn ${program} ENOENT` };
    const line = argv.join(' ');
    this.calls.push({ line, argv, input, env: { ...definedOf(environment), ...env } });
    const answer = this.#answers.find(
      (each) => fits(line, each.when) && !(each.once === true && this.#given.has(each)),
    );
    if (answer === undefined) return { code: 0, stdout: '', output: '' };
    this.#given.add(answer);
    const { says = '', fails = 0, serves = this.serving } = answer;
    this.serving = serves;
    return { code: fails, stdout: says, output: fails === 0 ? says : `${says}${program} is broken here\n` };
  };
}

/** Whether a line fits a pattern in which `*` stands for any text. */
function fits(line: string, pattern: string): boolean {
  const literal = pattern.replace(/[.?+^$(){}|[\]\\]/g, '\\$&');
  return new RegExp(`^${literal.replaceAll('*', '.*')}$`, 's').test(line);
}

function definedOf(variables: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(variables).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
}
