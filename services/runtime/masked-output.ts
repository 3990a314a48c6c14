import type { DestinationStream } from 'pino';
import { type Config, secretsOf } from '#config';
import { ApiKeyRing } from './http/api-key-ring.ts';
import { maskValues } from './mask-secrets.ts';
import { writeToStandardOutput } from './standard-output.ts';

/**
 * The standard output of a service, on which no line shows a secret that the service knows, wherever it stands: a client
 * may put its key into a path, a query or any other place that is logged.
 */
export function maskedOutput(service: string, config: Config): DestinationStream {
  // The service itself reads the file of keys as well, and says what is wrong with it.
  const ring = secretsOf(service).includes('API_KEYS') ? new ApiKeyRing(config, SILENT) : undefined;
  let known: readonly string[] | undefined;
  let mask = (line: string) => line;
  return {
    write(line) {
      const keys = ring?.current() ?? NONE;
      if (keys !== known) mask = maskValues([...keys, config.internal.secret]);
      known = keys;
      writeToStandardOutput(service, mask(line));
    },
  };
}

const NONE: readonly string[] = [];
const SILENT = { info: () => undefined, error: () => undefined };
