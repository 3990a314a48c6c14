import { TLSSocket } from 'node:tls';
import type { CheckContext } from '../check-context.ts';
import { openConnection } from '../connection.ts';
import { failed, passed, type Row, skipped, warned } from '../report.ts';

const LEAST_DAYS = 14;
const DAY_MS = 86_400_000;
const HANDSHAKE_MS = 3_000;

/** The certificate, which has been found valid by then, how long it stays so, and what TLS is spoken at best and at worst. */
export async function checkTls({ target, signal }: CheckContext): Promise<Row> {
  if (!target.isSecure) return skipped('tls', 'the URL is plain http');
  const socket = await openConnection(target, { withinMs: HANDSHAKE_MS, signal });
  const isTls = socket instanceof TLSSocket;
  const until = isTls ? new Date(socket.getPeerCertificate().valid_to) : new Date(Number.NaN);
  const protocol = isTls ? socket.getProtocol() : null;
  socket.destroy();
  const days = Math.floor((until.getTime() - Date.now()) / DAY_MS);
  const told = `${protocol}, certificate valid until ${formatDay(until)}, ${days} days`;
  if (protocol !== 'TLSv1.2' && protocol !== 'TLSv1.3')
    return failed('tls', told, 'what is spoken there is broken', 'have the proxy speak TLS 1.2 and 1.3');
  if (!(days >= LEAST_DAYS))
    return warned(
      'tls',
      told,
      `the certificate ends in less than ${LEAST_DAYS} days, so that its renewal has probably failed`,
      'see the log of whatever renews it (certbot, Caddy, the platform)',
    );
  const old = await oldProtocol({ target, signal });
  if (old !== undefined)
    return warned(
      'tls',
      `${told}; ${old} is accepted too`,
      'whoever is on the way may talk a client down to it',
      'have the proxy or the platform take TLS 1.2 at least',
    );
  return passed('tls', told);
}

function formatDay(date: Date): string {
  return Number.isNaN(date.getTime()) ? 'an unknown day' : date.toISOString().slice(0, 10);
}

/** What the other side takes below TLS 1.2. */
async function oldProtocol({
  target,
  signal,
}: Pick<CheckContext, 'target' | 'signal'>): Promise<string | undefined> {
  try {
    const socket = await openConnection(
      target,
      { withinMs: HANDSHAKE_MS, signal },
      { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' },
    );
    const protocol = socket instanceof TLSSocket ? socket.getProtocol() : null;
    socket.destroy();
    return protocol ?? undefined;
  } catch (error) {
    if (signal.aborted) throw error;
    return undefined; // Refused, as it ought to be.
  }
}
