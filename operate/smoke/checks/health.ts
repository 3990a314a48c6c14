import { z } from 'zod';
import { parseJson } from '../ask.ts';
import { askTarget, type CheckContext, describeAnswer, problemCode } from '../check-context.ts';
import { failed, passed, type Row, skipped, warned } from '../report.ts';

/** What a platform's own check sends as Host; Railway's. */
const FOREIGN_HOST = 'healthcheck.railway.app';

const healthSchema = z.object({
  status: z.enum(['ok', 'degraded', 'unavailable']),
  whatsapp_ready: z.boolean(),
  whatsapp: z.object({ state: z.string() }),
  services: z.record(z.string(), z.object({ state: z.string(), reason: z.string().optional() })),
});

/** `/health`: 200 and the health tree, whatever WhatsApp's state. */
export async function checkHealth(context: CheckContext): Promise<Row> {
  const answer = await askTarget(context, '/health');
  const health = healthSchema.safeParse(parseJson(answer.text)).data;
  if (health === undefined)
    return failed(
      'health',
      `GET /health answered ${describeAnswer(answer)}: ${answer.text.slice(0, 120)}`,
      'the supervisor does not answer with the health tree: it is down, or another program answers',
      'see the log of the deployment; GET /health must be 200 for the platform to send traffic',
    );
  const services = Object.entries(health.services);
  const amiss = services.filter(([, { state }]) => state !== 'ready');
  const told = `GET /health answered ${answer.status} ${health.status}: WhatsApp is ${health.whatsapp.state}; ${
    amiss.length === 0
      ? `all ${services.length} services are ready`
      : amiss
          .map(
            ([name, { state, reason }]) => `${name} is ${state}${reason === undefined ? '' : ` (${reason})`}`,
          )
          .join(', ')
  }`;
  if (answer.status !== 200)
    return failed(
      'health',
      told,
      'the api does not take work',
      'see the log of the api; the platform sends no traffic until it is ready',
    );
  if (amiss.length > 0)
    return warned(
      'health',
      told,
      'a service is not ready',
      'see its log; it may be starting still: try again',
    );
  return passed('health', told);
}

/** Platforms check health by address or under a Host of their own. */
export async function checkAnyHost(context: CheckContext): Promise<Row> {
  const answer = await askTarget(context, '/health', { headers: { host: FOREIGN_HOST } });
  const told = `GET /health with Host: ${FOREIGN_HOST} answered ${describeAnswer(answer)}`;
  if (healthSchema.safeParse(parseJson(answer.text)).success) return passed('any-host', told);
  if (problemCode(answer.text) !== undefined)
    return failed(
      'any-host',
      told,
      'the gate refuses the Host by which the platform checks health',
      'see that nothing in front of the gate compares Host, and report it: the gate answers /health to any Host',
    );
  // What the platform's own check sends does not come through its edge.
  return skipped('any-host', `${told}: the edge sends by Host, so that the gate was not asked`);
}
