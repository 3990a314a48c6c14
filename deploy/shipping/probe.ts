import got from 'got';
import { z } from 'zod';

export interface Probe {
  /** In words. */
  readonly summary: string;
  readonly isUp?: boolean;
  readonly release?: string;
  /** A service of it is in a crash loop, and why: it will not come by itself. */
  readonly failed?: string;
}

const ANSWERS_WITHIN_MS = 5_000;
const bodySchema = z.looseObject({
  release: z.string().optional(),
  status: z.string().optional(),
  services: z
    .record(z.string(), z.looseObject({ state: z.string(), reason: z.string().optional() }))
    .optional(),
});

/**
 * Who answers at a public port, by a new connection: while one release takes over from another, each has some. Never
 * rejects.
 */
export async function probeRelease(url: string, until: 'open' | 'healthy'): Promise<Probe> {
  const path = until === 'open' ? 'health/live' : 'health';
  try {
    const response = await fetchOnce(url, path);
    const { release, status, services = {} } = bodySchema.catch({}).parse(parseJson(response.body));
    const named = release === undefined ? '' : ` from release ${release}`;
    const failed = Object.entries(services).find(([, { state }]) => state === 'failed');
    return {
      ...(failed === undefined
        ? {}
        : { failed: `${failed[0]} has failed: ${failed[1].reason ?? 'see its log'}` }),
      summary: `/${path} answered ${response.statusCode}${status === undefined ? '' : ` (${status})`}${named}`,
      isUp: response.statusCode === 200,
      ...(release === undefined ? {} : { release }),
    };
  } catch (error) {
    return { summary: `/${path} gave no answer (${error instanceof Error ? error.message : error})` };
  }
}

const whatsappSchema = z.looseObject({ whatsapp: z.looseObject({ state: z.string() }) });

/** The state of WhatsApp at a deployment; undefined where it gives none. */
export async function readWhatsAppState(url: string): Promise<string | undefined> {
  try {
    const response = await fetchOnce(url, 'health');
    return whatsappSchema.parse(parseJson(response.body)).whatsapp.state;
  } catch {
    return undefined; // Whether it is healthy at all is asked elsewhere.
  }
}

function fetchOnce(url: string, path: string) {
  return got(new URL(path, url.endsWith('/') ? url : `${url}/`), {
    headers: { connection: 'close' },
    throwHttpErrors: false,
    followRedirect: false,
    retry: { limit: 0 },
    timeout: { request: ANSWERS_WITHIN_MS },
  });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // A page of the platform's own.
  }
}
