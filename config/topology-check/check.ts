import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isSettled } from '../environment.ts';
import { findProgram } from '../nginx-binary.ts';
import type { PlacedSetting } from '../schema.ts';
import { isOn } from '../service-lookup.ts';
import type { Variables } from '../sources.ts';
import { control, deniedPrefixes, type ServiceDeclaration, topology } from '../topology.ts';
import { clashProblems } from './clashes.ts';
import { type Declarations, serviceProblems } from './rules.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** What is wrong with the topology of this kit. */
export function topologyProblems(settings: readonly PlacedSetting[]): string[] {
  return declarationProblems({
    services: topology,
    control,
    deniedPrefixes,
    settings,
    hasFile: (path) => existsSync(join(ROOT, path)),
  });
}

/** Everything that is wrong with the topology as it is declared: a line each, with the place and the remedy. */
export function declarationProblems(declared: Declarations): string[] {
  const problems = [
    ...declared.services.flatMap((service) => serviceProblems(service, declared)),
    ...clashProblems(declared),
  ];
  return problems.map((problem) => `config/topology.ts: ${problem}`);
}

/**
 * The programs that services would be run by and that are not on the PATH. Without a PATH nothing is said: what is
 * rendered is for another machine.
 */
export function missingPrograms(config: { readonly whatsapp: string }, env: Variables): string[] {
  const services: readonly ServiceDeclaration[] = topology;
  const { PATH: path } = env;
  if (path === undefined || isSettled(env)) return [];
  return services.flatMap(({ name, command: [program = ''] = [] }) =>
    program === '' || program.includes('/') || !isOn(name, config) || findProgram(program, path) !== undefined
      ? []
      : [
          `config/topology.ts: ${name} runs ${JSON.stringify(program)}, which is not on the PATH: install it, or name it with its whole path`,
        ],
  );
}
