import { asksForKeys, type Config } from '#config';
import { loadOrExit } from '../services/runtime/process/load-or-exit.ts';
import { runSupervisor } from '../services/supervisor/main.ts';
import type { Command } from './command.ts';

/** `gatehouse start`: runs the kit until it is told to stop. */
export async function start({ settings }: Command): Promise<void> {
  await runSupervisor(loadOrExit(settings), ({ config, allReady }, say) => {
    void allReady.then(() => say(welcome(config)));
  });
}

/** Where the kit is reached from this machine. */
export function publicOrigin({ gate, ports }: Config): string {
  const host = ['0.0.0.0', '::', '127.0.0.1'].includes(gate.host) ? 'localhost' : gate.host;
  return `http://${host.includes(':') ? `[${host}]` : host}:${ports.gate}`;
}

function welcome(config: Config): string {
  const origin = publicOrigin(config);
  const key = asksForKeys(config) ? " -H 'x-api-key: …'" : '';
  return `
  Gatehouse is up: ${origin}

  health         ${origin}/health
  link a phone   ${origin}/api/whatsapp/qr   (a browser shows the QR code to scan)
  events         curl -N${key} ${origin}/api/events

`;
}
