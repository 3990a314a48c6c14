import {
  asksForKeys,
  type Config,
  control,
  deniedPrefixes,
  hostOf,
  isLoopback,
  isOn,
  portOf,
  profiles,
  type ServiceDeclaration,
  serviceWithRole,
  topology,
} from '#config';
import type { Log } from '../../runtime/log.ts';
import type { GateOptions, GateRoute } from './options.ts';

/**
 * How long the health of the kit may take: platforms wait for two seconds at least, and the supervisor waits for a
 * service for one.
 */
const HEALTH_WITHIN_MS = 1_500;
/** Above the limit of a service, so that it is the service that says what was too large. */
const BODY_MARGIN_BYTES = 1024 ** 2;

/** The gate that this configuration and the topology describe. */
export function gateOptionsFromConfig(config: Config, log: Log): GateOptions {
  const { gate, internal, ports } = config;
  return {
    listen: { host: gate.host, port: ports.gate, isShared: config.takeOver },
    routes: [...serviceRoutes(config), ...healthRoutes(config)],
    deniedPrefixes,
    live: () => ({ status: 'ok', ...(config.release === '' ? {} : { release: config.release }) }),
    localOnly: isLoopback(gate.host) && !asksForKeys(config),
    trustedProxyHops: gate.trustedProxyHops,
    limits: {
      maxHeaderBytes: gate.maxHeaderBytes,
      headerTimeoutMs: gate.headerTimeoutMs,
      maxBodyBytes: gate.maxBodyBytes,
      spoolBytes: gate.spoolBytes,
      idleTimeoutMs: gate.idleTimeoutMs,
      upstreamTimeoutMs: gate.upstreamTimeoutMs,
      holdMs: gate.holdMs,
      maxConnections: gate.maxConnections,
      clientRatePerSecond: gate.clientRatePerSecond,
      clientBurst: gate.clientBurst,
      clientConcurrency: gate.clientConcurrency,
      minBodyBytesPerSecond: gate.minBodyBytesPerSecond,
      pingMs: gate.pingMs,
    },
    secret: internal.secret,
    drainMs: config.stop.drainMs,
    log,
  };
}

function serviceRoutes(config: Config): GateRoute[] {
  const services: readonly ServiceDeclaration[] = topology;
  const bodyLimits = { MEDIA_MAX_BYTES: config.outbox.mediaMaxBytes };
  return services
    .filter(({ name, exposure }) => exposure === 'routed' && isOn(name, config))
    .flatMap(({ name, routes, kit }) => {
      const upstream = { host: hostOf(config, name), port: portOf(config, name) };
      return routes.map(
        ({ prefix, exact = false, upgrade = false, keyed = false, maxBody, maxBodyBytes }) => ({
          service: name,
          prefix,
          exact,
          upgrade,
          kit,
          upstream,
          keyed,
          ...(maxBodyBytes === undefined ? {} : { maxBodyBytes }),
          ...(maxBody === undefined
            ? {}
            : { maxBodyBytes: Math.max(config.gate.maxBodyBytes, bodyLimits[maxBody] + BODY_MARGIN_BYTES) }),
        }),
      );
    });
}

/**
 * The supervisor knows the health of all; it is asked at once or not at all. Where the services run on hosts of their
 * own there is none, and the api, which calls the bridge anyway, tells what it knows.
 */
function healthRoutes(config: Config): GateRoute[] {
  const service = profiles[config.profile].spansHosts ? serviceWithRole('messages').name : control.name;
  const upstream = { host: hostOf(config, service), port: portOf(config, service) };
  return control.routes.map(({ prefix, exact }) => ({
    service,
    prefix,
    exact,
    upgrade: false,
    kit: true,
    upstream,
    holds: false,
    silence: {
      afterMs: HEALTH_WITHIN_MS,
      code: service === control.name ? 'supervisor_silent' : 'service_silent',
    },
  }));
}
