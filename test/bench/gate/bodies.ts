import { GATES, type GateKind } from '../../support/gate/gates.ts';
import { gateOptions, route } from '../../support/gate/test-gate.ts';
import { BareClient } from '../bare-client.ts';
import { type Figure, toFigure } from '../figure.ts';
import { median, summary } from '../median.ts';
import { UploadSink } from './sink.ts';

const ROUNDS = 9;
const ROUND_MS = 1_000;
const BODY = 'x'.repeat(1_024);
const CONNECTIONS = 8;

/**
 * What it costs that a connection to a service of one's own is used once when the request has a body: POSTs of 1 KiB to
 * such a service, in turn with POSTs to a kit service, whose connections are reused. Client, service and gate (except
 * nginx) run in one process, so the figures compare the two routes, and nothing else.
 */
export async function* measureBodies(): AsyncGenerator<Figure> {
  for (const gate of GATES) yield* measureGate(gate);
}

async function* measureGate({ name, start }: GateKind): AsyncGenerator<Figure> {
  await using sink = await UploadSink.start();
  const service = { host: '127.0.0.1', port: sink.port };
  await using gate = await start(
    gateOptions({
      routes: [
        route(service, { prefix: '/kit' }),
        route(service, { service: 'own', prefix: '/own', kit: false }),
      ],
    }),
  );
  for (const connections of [1, CONNECTIONS]) {
    const rates = { '/kit': [] as number[], '/own': [] as number[] };
    const paths = ['/kit', '/own'] as const;
    for (const path of paths) await postFor(gate.port, path, connections);
    for (let round = 0; round < ROUNDS; round++)
      for (const path of round % 2 === 0 ? paths : paths.toReversed())
        rates[path].push(await postFor(gate.port, path, connections));
    const what = `${name} gate, POSTs of 1 KiB to a service of one's own, ${connections} at once`;
    const peer = `a kit service, ${summary(rates['/kit'], 'per s')}`;
    const [own, kit] = [median(rates['/own']), median(rates['/kit'])];
    yield toFigure({ what, value: rates['/own'], unit: 'per s', peer, ratio: own / kit });
    yield toFigure({
      what: `${what}, more time for each`,
      value: (connections * 1_000) / own - (connections * 1_000) / kit,
      unit: 'ms',
      peer,
    });
  }
}

/** Posts on some kept connections of clients, one request at a time on each; gives how many were answered per second. */
async function postFor(port: number, path: string, connections: number): Promise<number> {
  const fromMs = performance.now();
  let answers = 0;
  const post = async () => {
    using client = await BareClient.connect(port);
    for (; performance.now() - fromMs < ROUND_MS; answers++) await client.post(path, '', BODY, 200);
  };
  await Promise.all(Array.from({ length: connections }, post));
  return answers / ((performance.now() - fromMs) / 1_000);
}
