import { createHash, X509Certificate } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { STAND_IN_HOST } from './browser-wrapper.ts';

export interface Certificate {
  readonly key: string;
  readonly cert: string;
  /** Base64 of the SHA-256 of the public key: what Chromium is told to accept. */
  readonly spki: string;
}

const VALID_DAYS = 3650;
const DAY_MS = 86_400_000;
const PEM = /^(-----BEGIN (?:EC )?PRIVATE KEY-----.*?-----END (?:EC )?PRIVATE KEY-----)\s+(.+)$/s;

/** The certificate of the stand-in: made once per data folder, so that a restart keeps its key. */
export async function loadCertificate(folder: string): Promise<Certificate> {
  mkdirSync(folder, { recursive: true });
  const path = join(folder, 'certificate.pem');
  const kept = readKept(path);
  if (kept !== undefined) return kept;
  // Loaded only to make one: that is 170 modules.
  const { generate } = await import('selfsigned');
  const made = await generate([{ name: 'commonName', value: STAND_IN_HOST }], {
    keyType: 'ec',
    curve: 'P-256',
    algorithm: 'sha256',
    notBeforeDate: new Date(Date.now() - DAY_MS),
    notAfterDate: new Date(Date.now() + VALID_DAYS * DAY_MS),
    extensions: [{ name: 'subjectAltName', altNames: [{ type: 2, value: STAND_IN_HOST }] }],
  });
  // Whole or not at all: a killed process must not leave half a key.
  writeFileSync(`${path}.new`, `${made.private.trim()}\n${made.cert.trim()}\n`, { mode: 0o600 });
  renameSync(`${path}.new`, path);
  return withSpki(made.private, made.cert);
}

function readKept(path: string): Certificate | undefined {
  try {
    const [, key, cert] = PEM.exec(readFileSync(path, 'utf8')) ?? [];
    return key === undefined || cert === undefined ? undefined : withSpki(key, cert);
  } catch (error) {
    // Not there yet, or no certificate any more: a new one is made.
    const isUnreadable =
      error instanceof Error && 'code' in error && (error.code === 'EACCES' || error.code === 'EISDIR');
    if (isUnreadable) throw error;
    return undefined;
  }
}

function withSpki(key: string, cert: string): Certificate {
  const publicKey = new X509Certificate(cert).publicKey.export({ type: 'spki', format: 'der' });
  return { key, cert, spki: createHash('sha256').update(publicKey).digest('base64') };
}
