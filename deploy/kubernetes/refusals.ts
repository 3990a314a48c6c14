import { declaredHosts } from '#config';
import type { RenderInput } from '../platform.ts';
import { runningServices } from '../rendering/render-input.ts';
import { stopsTooShort } from '../rendering/stop-time.ts';

/** What speaks against a kit on hosts of their own, beyond what holds everywhere. */
export function refusalsOnCluster(input: RenderInput): string[] {
  return [
    ...stopsTooShort(input),
    ...namesThatDoNotFit(input),
    ...callersThatAreNot(input),
    ...movedHosts(input),
  ];
}

/** A service has a name in the network, and a port that is named after it. */
function namesThatDoNotFit(input: RenderInput): string[] {
  return runningServices(input)
    .filter(({ name }) => !/^[a-z]([a-z0-9-]{0,13}[a-z0-9])?$/.test(name) || name.includes('--'))
    .map(
      ({ name }) =>
        `the service "${name}" cannot name a port there: rename it to at most 15 lower-case letters, digits and single hyphens, the first a letter`,
    );
}

function callersThatAreNot(input: RenderInput): string[] {
  const names = input.services.map(({ name }) => name);
  return runningServices(input).flatMap(({ name, callers = [] }) =>
    callers
      .filter((caller) => !names.includes(caller))
      .map(
        (caller) => `${name} names ${caller} among its callers, and no service is called so: correct callers`,
      ),
  );
}

/** The Services that are rendered have the names by which the profile looks for them. */
function movedHosts({ config }: RenderInput): string[] {
  const { internal, gate } = config;
  return [
    ['INTERNAL_HOST', internal.host, '0.0.0.0'],
    ...declaredHosts().map(({ name, service, host }) => [host.env, internal[name], service]),
    ['GATE_HOST', gate.host, '0.0.0.0'],
  ]
    .filter(([, value, expected]) => value !== expected)
    .map(
      ([name, value, expected]) => `${name} is ${value}, and the pods are reached as ${expected}: unset it`,
    );
}
