import { DeadlineError, describeError } from './connection.ts';
import type { Target } from './target.ts';

/** Why a deployment was not reached at all, by the code of the network's error: cause and remedy. */
const REASONS: readonly (readonly [codes: RegExp, cause: string, remedy: string])[] = [
  [
    /ENOTFOUND|EAI_AGAIN/,
    'the name is not known to DNS here',
    'correct the URL, or wait until the new name has spread; the platform shows the name it gave',
  ],
  [
    /ECONNREFUSED/,
    'the host is there, and nothing listens at that port',
    'see whether the deployment runs, and that PORT and the published port are the same',
  ],
  [
    /EHOSTUNREACH|ENETUNREACH|ETIMEDOUT/,
    'no way leads to the host from here',
    'check network, VPN and firewall on the way',
  ],
  [
    /CERT_HAS_EXPIRED/,
    'the certificate has expired',
    'renew it: see the log of whatever keeps it (certbot, Caddy, the platform)',
  ],
  [
    /ALTNAME/,
    'the certificate is for another name',
    'have the platform or the proxy get one for this domain, and see that the domain is attached to this deployment',
  ],
  [
    /SELF_SIGNED|UNABLE_TO|CERT_|DEPTH_ZERO/,
    'the certificate is signed by nobody known here',
    'install the whole chain; for an authority of your own, name its certificate in NODE_EXTRA_CA_CERTS',
  ],
  [
    /EPROTO|SSL|TLS/,
    'no TLS of version 1.2 or later is spoken there',
    'see that the URL should begin with https, and that the proxy speaks TLS 1.2',
  ],
  [
    /ECONNRESET|EPIPE|HPE_|HEADER/,
    'what answers does not speak HTTP as it should, or breaks off',
    'see that the port is the one of the kit, and whether its log shows a crash',
  ],
];

/** Nothing came back, or nothing that can be trusted: then nothing else is asked, and no key is sent. */
export function explainUnreachable(
  { origin }: Target,
  error: unknown,
): { evidence: string; cause: string; remedy: string } {
  const told = describeError(error);
  const evidence = `${origin}: ${told}`;
  if (error instanceof DeadlineError)
    return {
      evidence,
      cause: 'the host takes connections, or swallows them, and says nothing',
      remedy:
        'see in the log whether the kit has started; a platform that lets it sleep may need longer: try again in a minute',
    };
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const [, cause, remedy] = REASONS.find(([codes]) => codes.test(code)) ?? [
    undefined,
    'the exchange broke off',
    'see the log of the deployment, and of the proxy in front of it',
  ];
  return { evidence, cause, remedy };
}
