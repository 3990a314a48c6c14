import { type Config, listSettings } from '#config';
import { type Check, type Finding, found, good } from '../check.ts';
import type { Context } from '../context.ts';

/** What `gatehouse start` would refuse with exit code 78, all at once. */
export const configuration: Check = {
  id: 'configuration',
  title: 'Configuration',
  group: 'Running',
  where: 'machine',
  finds: 'exit code 78; a variable that is misspelt, so that nothing reads it',
  run: ({ problems, intended }) => judgeConfiguration(problems, intended.warnings),
};

export function judgeConfiguration(problems: readonly string[], warnings: readonly string[]): Finding[] {
  const findings = [
    ...(problems.length === 0
      ? []
      : [
          found(
            'error',
            problems.map(withoutStray),
            'the kit does not start with this configuration: exit code 78',
            'do what each line says; gatehouse config --check tells when it is good',
          ),
        ]),
    ...(warnings.length === 0
      ? []
      : [
          found(
            'warning',
            warnings,
            'two variables for one setting differ',
            'remove the one that does not count, as the line says',
          ),
        ]),
  ];
  return findings.length === 0 ? good(`${listSettings().length} settings, no problem`) : findings;
}

/** The value of a variable that nothing reads may be the very key that its name was meant for. */
function withoutStray(line: string): string {
  return line.replace(/^(\w+) is ".*", but nothing reads it/, '$1 is set, but nothing reads it');
}

/** Where the environment of this call and the kit that runs differ. */
export const restartPending: Check = {
  id: 'restart-pending',
  title: 'Settings in force',
  group: 'Running',
  where: 'machine',
  finds: 'a setting was changed, and the kit still runs with the old one',
  run: ({ config, intended, kit, problems }: Context) =>
    kit.services.length === 0 || problems.length > 0
      ? []
      : judgePending(config, intended.config, intended.resolved),
};

/** Only what somebody has set, and whose value may be shown: ports. */
export function judgePending(
  running: Config,
  intended: Config,
  resolved: ReadonlyMap<string, { readonly variable?: string }>,
): Finding[] {
  const differing = listSettings().flatMap(({ path, setting }) => {
    const name = /^ports\.(\w+)$/.exec(path)?.[1];
    if (name === undefined || resolved.get(path)?.variable === undefined) return [];
    const [is, here] = [portAt(running, name), portAt(intended, name)];
    return is === here ? [] : [`${setting.env}: ${here} here, ${is} in the kit that runs`];
  });
  return differing.length === 0
    ? good('the kit runs with the ports that are set here')
    : [
        found(
          'warning',
          differing,
          'the kit that runs was started with other ports than this shell and its .env would give',
          'restart the kit to put them in force, or call the doctor with the environment of the kit',
        ),
      ];
}

function portAt({ ports }: Config, name: string): unknown {
  return Reflect.get(ports, name);
}
