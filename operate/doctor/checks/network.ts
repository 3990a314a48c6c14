import { existsSync } from 'node:fs';
import { stat, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Answer, ask } from '../ask.ts';
import { type Check, type Finding, found, good } from '../check.ts';
import { ASK_MS, type Context } from '../context.ts';

/** Whether this machine gets through to WhatsApp. Says nothing of an account. */
export const whatsAppReached: Check = {
  id: 'whatsapp-reached',
  title: 'WhatsApp is reached',
  group: 'WhatsApp',
  where: 'machine',
  finds: 'state offline: DNS, firewall, a proxy that is needed',
  run: async ({ config, sources }: Context) =>
    config.whatsapp === 'real' ? judgeReach(await head(sources.whatsAppUrl)) : [],
};

function head(url: string): Promise<Answer> {
  return ask(new URL(url), { method: 'HEAD', timeoutMs: ASK_MS });
}

export function judgeReach(answer: Answer): Finding[] {
  if (answer.kind === 'answer')
    return good(`web.whatsapp.com answers ${answer.status} in ${answer.tookMs} ms`);
  return [
    found(
      'error',
      `web.whatsapp.com: ${answer.detail}`,
      answer.failure === 'name'
        ? 'this machine resolves no names of the internet'
        : 'this machine does not get through to WhatsApp',
      answer.failure === 'certificate'
        ? 'something between intercepts TLS: Chromium must trust it too, or be let through'
        : 'open outgoing 443 to web.whatsapp.com and *.whatsapp.net, mend DNS; containers: their network',
    ),
  ];
}

const SLIGHT_SKEW_MS = 5_000;
const GRAVE_SKEW_MS = 60_000;

/** How far the clock of this machine is from others'. */
export const clock: Check = {
  id: 'clock',
  title: 'Clock',
  group: 'Machine',
  where: 'both',
  finds: 'messages that expire at once or never, TLS that fails, webhooks refused for their timestamp',
  run: async (context) => {
    if (!context.isLocal) return judgeSkew(skewOf(await context.ask('/health/live')), 'the address asked');
    const offline = await lookOffline(context);
    if (context.config.whatsapp !== 'real') return offline;
    const skew = skewOf(await head(context.sources.whatsAppUrl));
    return skew === undefined ? offline : judgeSkew(skew, 'WhatsApp');
  },
};

/** This clock minus the other's, to about a second; undefined without a Date. */
export function skewOf(answer: Answer): number | undefined {
  if (answer.kind === 'none' || answer.headers.date === undefined) return undefined;
  const theirs = Date.parse(answer.headers.date);
  // Half of the way is theirs; Date is cut to whole seconds.
  return Number.isNaN(theirs) ? undefined : answer.at - answer.tookMs / 2 - (theirs + 500);
}

/** This clock minus that of the file system, which wrote between the two moments: a slow disk has no other clock. */
export function skewOfWrite(beforeMs: number, writtenMs: number, afterMs: number): number {
  if (writtenMs < beforeMs) return beforeMs - writtenMs;
  return Math.min(0, afterMs - writtenMs);
}

export function judgeSkew(skewMs: number | undefined, whose: string): Finding[] {
  if (skewMs === undefined) return [];
  const seconds = Math.round(Math.abs(skewMs) / 1000);
  const evidence = `this clock is ${seconds === 0 ? 'less than a second from' : `${seconds} s ${skewMs > 0 ? 'ahead of' : 'behind'}`} that of ${whose}`;
  if (Math.abs(skewMs) < SLIGHT_SKEW_MS) return good(evidence);
  return [
    found(
      Math.abs(skewMs) < GRAVE_SKEW_MS ? 'warning' : 'error',
      evidence,
      'one of the two clocks is wrong; with this one wrong, expiry, pacing, webhooks and TLS are too',
      'let a time service set it (timedatectl set-ntp true); a container has the clock of its host',
    ),
  ];
}

const SYNCED = '/run/systemd/timesync/synchronized';

/** Without anybody to ask, only the file system's clock and the word of a time service are there. */
async function lookOffline({ config }: Context): Promise<Finding[]> {
  const path = join(config.dataDir, `.doctor-clock-${process.pid}`);
  const service = existsSync(SYNCED)
    ? 'systemd-timesyncd says that it is set'
    : 'no time service can be seen from here';
  try {
    const before = Date.now();
    await writeFile(path, '');
    const { mtimeMs } = await stat(path);
    const skew = judgeSkew(skewOfWrite(before, mtimeMs, Date.now()), 'the file system of DATA_DIR');
    const [finding] = skew;
    return finding?.severity === 'good'
      ? good(`${finding.evidence.join('')}; ${service}; ask a URL for more`)
      : skew;
  } catch {
    return good(`not measured: DATA_DIR cannot be written; ${service}`); // "Data folder" tells why.
  } finally {
    await unlink(path).catch(() => undefined);
  }
}
