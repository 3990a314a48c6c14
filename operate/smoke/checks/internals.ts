import { declaredPorts } from '#config';
import { askTarget, type CheckContext, describeAnswer, problemCode } from '../check-context.ts';
import { describeError, openConnection } from '../connection.ts';
import { failed, passed, type Row, skipped, warned } from '../report.ts';

/** What no one from outside may reach, also in the spellings that a lenient proxy would lead there. */
const PATHS = [
  '/internal/ready',
  '/internal/events',
  '/INTERNAL/ready',
  '//internal/ready',
  '/bridge/health',
  '/control/health',
  '/send',
  '/%2e%2e/internal/ready',
  '/api/%2e%2e/internal/ready',
  '/health/..%2finternal/ready',
  '/%69nternal/ready',
];
const CONNECT_MS = 1_000;

/** No internal path is answered by anything but a refusal. */
export async function checkInternalPaths(context: CheckContext): Promise<Row> {
  const answers = await Promise.all(
    PATHS.map(async (path) => {
      const answer = await askTarget(context, path);
      return { told: `${path} ${describeAnswer(answer)}`, ...answer };
    }),
  );
  // A refusal for want of the secret is the internal route itself that speaks.
  const open = answers.filter(
    ({ status, text }) => status < 300 || status >= 500 || problemCode(text) === 'secret_missing',
  );
  if (open.length > 0)
    return failed(
      'internal-paths',
      `GET ${open.map(({ told }) => told).join(', ')}`,
      'an internal path is led to a service: by a proxy that goes round the gate, or rewrites paths',
      'send everything to PORT, with the path as it came, and nothing to the ports behind it',
    );
  const moved = answers.filter(({ status }) => status < 400);
  if (moved.length > 0)
    return warned(
      'internal-paths',
      `GET ${moved.map(({ told }) => told).join(', ')}`,
      'a proxy in front redirects in place of the gate',
      'have it pass paths on as they came (nginx: merge_slashes off)',
    );
  return passed('internal-paths', `${PATHS.length} paths refused with 4xx`);
}

/** The ports behind the gate take no connection from outside. */
export async function checkInternalPorts({ target, signal }: CheckContext): Promise<Row> {
  const ports = declaredPorts()
    .filter(({ isPublic, port }) => !isPublic && port.default !== target.port)
    .map(({ port }) => port.default);
  const range = `${Math.min(...ports)} to ${Math.max(...ports)}`;
  if (target.isHere)
    return skipped('internal-ports', `${range} were not looked at: this machine is the host itself`);
  const open = await Promise.all(
    ports.map(async (port) => {
      try {
        const socket = await openConnection(
          { hostname: target.hostname, port, isSecure: false },
          { withinMs: CONNECT_MS, signal },
        );
        socket.destroy();
        return [port];
      } catch (error) {
        if (signal.aborted) throw new Error(describeError(error), { cause: error });
        return []; // Refused, or nothing came: as it ought to be.
      }
    }),
  );
  if (open.flat().length === 0) return passed('internal-ports', `${range} take no connection`);
  return failed(
    'internal-ports',
    `${target.hostname} takes connections at ${open.flat().join(', ')}`,
    'a port behind the gate is published, or INTERNAL_HOST is not loopback; or another program listens there',
    'publish PORT alone; docker: one entry under ports; close the rest in the firewall',
  );
}
