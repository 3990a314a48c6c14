import type { RenderInput } from '../platform.ts';
import { containerEnvironment } from './container-environment.ts';

/** The kit's own variables for a Compose file or a stack, where `$` would be filled in unless it is doubled. */
export function composeVariables(input: RenderInput): Record<string, string> {
  return Object.fromEntries(
    containerEnvironment(input).map(([key, text]) => [key, text.replaceAll('$', () => '$$')]),
  );
}

/** What Compose takes from the environment of whoever calls it, or else as it is written here. */
export function fromCaller(variable: string, otherwise: string): string {
  return `\${${variable}:-${otherwise}}`;
}
