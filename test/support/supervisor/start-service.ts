import { randomUUID } from 'node:crypto';
import { createLog, type Log } from '../../../services/runtime/log.ts';
import { findMarked } from '../../../services/runtime/process/process-table.ts';
import { Service } from '../../../services/supervisor/processes/service.ts';
import type { ServicePlan } from '../../../services/supervisor/processes/service-plan.ts';
import { freePorts } from '../kit/kit.ts';

export const SERVER = `
const { createServer } = require('node:http');
createServer((request, response) => response.end('ok')).listen(Number(process.env.PORT), '127.0.0.1');
`;

/** A service of one's own, a program that finds its port in PORT; or one of the kit, which is told by messages to stop. */
export async function startService(
  script: string,
  limits: Partial<ServicePlan['limits']> = {},
  { kit = false, log = createLog('supervisor', 'silent') }: { kit?: boolean; log?: Log } = {},
) {
  const port = (await freePorts()).PORT;
  const run = randomUUID();
  const failed: string[] = [];
  const lines: string[] = [];
  const service = new Service(
    {
      declaration: {
        name: 'shop',
        command: [process.execPath, '-e', script],
        port: { env: 'SHOP_PORT', default: port, doc: '' },
        exposure: 'routed',
        readyPath: '/',
        routes: [],
        needs: [],
        critical: false,
        stopGraceMs: 1_000,
        kit,
      },
      origin: { host: '127.0.0.1', port },
      file: process.execPath,
      args: ['-e', script],
      environment: { PATH: '/usr/bin:/bin', PORT: String(port), GATEHOUSE_RUN: run },
      folder: '/',
      limits: {
        limit: 3,
        backoffMs: 10,
        backoffMaxMs: 20,
        // Longer than any process of a test runs, however slow the machine is.
        stableMs: 120_000,
        readyTimeoutMs: 60_000,
        ...limits,
      },
      run,
    },
    {
      onOutput: (name, stream, chunk) => void lines.push(`${name} ${stream} ${chunk}`),
      onOutputEnd: () => undefined,
      isKitStopping: () => false,
      onFailed: ({ name }) => void failed.push(name),
      log,
    },
  );
  service.start();
  return { service, failed, lines, processes: () => findMarked(`GATEHOUSE_RUN=${run}`) };
}
