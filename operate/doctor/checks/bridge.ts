import { bridgeHealthSchema } from '../../../services/contract/bridge.ts';
import { ask, jsonOf } from '../ask.ts';
import { type Check, type Finding, found, good } from '../check.ts';
import { type Context, probePort } from '../context.ts';
import { processesOf, type ServiceProcess } from '../kit-processes.ts';

const ASK_MS = 1_500;

/** Whether the api reaches the bridge: the original failure, "connection refused for reasons nobody could see". */
export const bridgeReached: Check = {
  id: 'bridge-reached',
  title: 'The api reaches the bridge',
  group: 'Ports',
  where: 'machine',
  finds: '"the bridge at … refused the connection": no bridge, or api and bridge do not agree on a port',
  run: async ({ kit }: Context) => {
    const apis = processesOf(kit.services, 'messages').filter(({ config }) => config !== undefined);
    const bridges = processesOf(kit.services, 'whatsapp-session');
    const findings = await Promise.all(apis.map((api) => lookFrom(api, bridges)));
    return findings.flat();
  },
};

async function lookFrom(
  { pid, config }: ServiceProcess,
  bridges: readonly ServiceProcess[],
): Promise<Finding[]> {
  if (config === undefined) return [];
  const host = config.internal.bridgeHost;
  const port = config.ports.bridge;
  const probed = await probePort(host, port, ASK_MS);
  const url = new URL(`http://${host.includes(':') ? `[${host}]` : host}:${port}/health`);
  const answer = probed === 'open' ? jsonOf(await ask(url, { timeoutMs: ASK_MS })) : undefined;
  return judgeBridge({
    apiPid: pid,
    wanted: port,
    probed,
    isBridge: bridgeHealthSchema.safeParse(answer).success,
    bridges: bridges.map((bridge) => ({
      pid: bridge.pid,
      listensOn: bridge.listening.map((socket) => socket.port),
      settledOn: bridge.config?.ports.bridge,
    })),
  });
}

export interface BridgeFacts {
  readonly apiPid: number;
  /** Where the api calls. */
  readonly wanted: number;
  /** `open`, or the network's own word. */
  readonly probed: string;
  /** Whether what answers there is a bridge. */
  readonly isBridge: boolean;
  readonly bridges: readonly {
    readonly pid: number;
    readonly listensOn: readonly number[];
    readonly settledOn: number | undefined;
  }[];
}

export function judgeBridge({ apiPid, wanted, probed, isBridge, bridges }: BridgeFacts): Finding[] {
  const evidence = [
    `the api (pid ${apiPid}) calls WHATSAPP_BRIDGE_PORT ${wanted}: ${probed === 'open' ? 'somebody answers' : probed}`,
    ...bridges.map(
      ({ pid, listensOn }) =>
        `the bridge (pid ${pid}) listens on ${listensOn.length === 0 ? 'nothing yet' : listensOn.join(', ')}`,
    ),
  ];
  const [bridge] = bridges;
  if (isBridge && bridges.every(({ listensOn }) => listensOn.includes(wanted)))
    return good(`both on ${wanted}`);
  const elsewhere = bridges.find(({ listensOn }) => listensOn.length > 0 && !listensOn.includes(wanted));
  if (elsewhere !== undefined)
    return [
      found(
        'error',
        evidence,
        `port mismatch: the api would call ${wanted}, but the running bridge listens on ${elsewhere.listensOn.join(', ')}`,
        `give both the same WHATSAPP_BRIDGE_PORT (or BRIDGE_PORT; where both are set, the first counts), or start both by gatehouse start, which settles it once`,
      ),
    ];
  if (bridge === undefined)
    return [
      found(
        'error',
        evidence,
        'no bridge runs here: it was not started, or has ended',
        'see "Services" and the lines of the bridge in the log; start both by gatehouse start',
      ),
    ];
  if (probed === 'open' && !isBridge)
    return [
      found(
        'error',
        evidence,
        bridge.listensOn.includes(wanted)
          ? 'the bridge takes the connection and does not answer: it hangs, or is stopped'
          : 'what answers on that port is no bridge',
        bridge.listensOn.includes(wanted)
          ? `see its log; kill -9 ${bridge.pid} has the supervisor start it anew`
          : 'stop that process, or set WHATSAPP_BRIDGE_PORT to another port',
      ),
    ];
  return [
    found(
      'warning',
      evidence,
      'the bridge is starting or restarting: its port is not open yet',
      'look again in a minute; if it is still so, see the lines of the bridge in the log',
    ),
  ];
}
