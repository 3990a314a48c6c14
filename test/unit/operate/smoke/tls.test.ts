import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:https';
import { type AddressInfo, connect } from 'node:net';
import { getCACertificates, type SecureVersion, setDefaultCACertificates } from 'node:tls';
import { generate } from 'selfsigned';
import { LIMITS } from '../../../../operate/smoke/check-context.ts';
import { checkRedirect } from '../../../../operate/smoke/checks/redirect.ts';
import { parseTarget } from '../../../../operate/smoke/target.ts';
import { json, KEY, startDeployment, startServer } from '../../../support/operate/smoke/deployments.ts';
import { assertFailed, rowOf, smokeNearby } from '../../../support/operate/smoke/row.ts';

const DAY_MS = 86_400_000;

/** A certificate for localhost, from and until so many days from now. */
function makeCertificate(fromDays: number, untilDays: number, name = 'localhost') {
  // Of two authorities with one name only the first would be found.
  return generate([{ name: 'commonName', value: `until ${untilDays}` }], {
    keyType: 'ec',
    curve: 'P-256',
    algorithm: 'sha256',
    notBeforeDate: new Date(Date.now() + fromDays * DAY_MS),
    notAfterDate: new Date(Date.now() + untilDays * DAY_MS),
    extensions: [{ name: 'subjectAltName', altNames: [{ type: 2, value: name }] }],
  });
}

/** What ends TLS in front of a deployment, and passes on bytes. */
async function startTls(
  behind: string,
  { private: key, cert }: { private: string; cert: string },
  minVersion: SecureVersion = 'TLSv1.2',
): Promise<{ origin: string; port: number } & AsyncDisposable> {
  const server = createServer({ key, cert, minVersion, ciphers: 'DEFAULT@SECLEVEL=0' });
  server.removeAllListeners('secureConnection');
  server.on('secureConnection', (socket) => {
    const onward = connect(Number(new URL(behind).port), '127.0.0.1');
    for (const end of [socket, onward]) end.on('error', () => end.destroy());
    socket.pipe(onward).pipe(socket);
  });
  server.listen(0, 'localhost');
  await once(server, 'listening');
  const { port }: Partial<AddressInfo> = Object(server.address());
  return {
    origin: `https://localhost:${port}`,
    port: port ?? 0,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
    },
  };
}

describe('smoke test, over TLS', () => {
  const known = getCACertificates('default');
  const trust = (...certificates: string[]) => setDefaultCACertificates([...known, ...certificates]);
  afterEach(() => setDefaultCACertificates(known));

  it('passes a good certificate, and asks everything over TLS', async () => {
    const good = await makeCertificate(-1, 90);
    trust(good.cert);
    await using deployment = await startDeployment();
    await using front = await startTls(deployment.origin, good);
    const report = await smokeNearby(front.origin, { apiKey: KEY });
    assertFailed(report);
    assert.equal(rowOf(report, 'tls').state, 'passed');
    assert.match(
      rowOf(report, 'tls').evidence,
      /^TLSv1\.3, certificate valid until 20\d\d-\d\d-\d\d, (?:89|90) days$/,
    );
    assert.equal(rowOf(report, 'websocket').state, 'passed');
    assert.match(rowOf(report, 'refusals').evidence, /11 of them by the gate/);
  });

  it('warns of a certificate that ends soon, and of TLS that is too old', async () => {
    const [soon, good] = await Promise.all([makeCertificate(-80, 10), makeCertificate(-1, 90)]);
    trust(soon.cert, good.cert);
    await using deployment = await startDeployment();
    await using ending = await startTls(deployment.origin, soon);
    await using old = await startTls(deployment.origin, good, 'TLSv1');
    const [first, second] = await Promise.all([smokeNearby(ending.origin), smokeNearby(old.origin)]);
    assertFailed(first);
    assert.equal(rowOf(first, 'tls').state, 'warned');
    assert.match(rowOf(first, 'tls').evidence, /(?:9|10) days$/);
    assertFailed(second);
    assert.match(rowOf(second, 'tls').evidence, /; TLSv1\.1 is accepted too$/);
  });

  const bad: readonly (readonly [what: string, days: [number, number], name: string, cause: RegExp])[] = [
    ['has expired', [-90, -1], 'localhost', /has expired/],
    ['is for another name', [-1, 90], 'other.example', /for another name/],
  ];
  for (const [what, [from, until], name, cause] of bad) {
    it(`sends no key, and nothing else, where the certificate ${what}`, async () => {
      const certificate = await makeCertificate(from, until, name);
      trust(certificate.cert);
      await using deployment = await startDeployment();
      await using front = await startTls(deployment.origin, certificate);
      const report = await smokeNearby(front.origin, { apiKey: KEY });
      assertFailed(report, 'answers');
      assert.match(rowOf(report, 'answers').cause ?? '', cause);
      assert.deepEqual(deployment.asked, []);
    });
  }

  it('tells of a certificate that nobody known has signed, and of a server that speaks no TLS', async () => {
    await using deployment = await startDeployment();
    await using front = await startTls(deployment.origin, await makeCertificate(-1, 90));
    const [unsigned, plain] = await Promise.all([
      smokeNearby(front.origin),
      smokeNearby(deployment.origin.replace('http', 'https')),
    ]);
    assertFailed(unsigned, 'answers');
    assert.match(rowOf(unsigned, 'answers').remedy ?? '', /NODE_EXTRA_CA_CERTS/);
    assertFailed(plain, 'answers');
    assert.match(rowOf(plain, 'answers').cause ?? '', /no TLS of version 1\.2/);
  });

  describe('beside plain http', () => {
    const context = {
      target: parseTarget('https://localhost:8443'),
      signal: new AbortController().signal,
      limits: LIMITS,
    };
    const look = async (status: number, location?: string) => {
      await using plain = await startServer((_request, response) => {
        response.writeHead(status, location === undefined ? {} : { location }).end();
      });
      return await checkRedirect(context, Number(new URL(plain.origin).port));
    };

    it('passes a redirect that keeps path and query, and a port that refuses or is shut', async () => {
      assert.equal((await look(308, 'https://localhost:8443/health/live?from=smoke'))?.state, 'passed');
      assert.equal((await look(426))?.state, 'passed');
      await using gone = await startServer(json(200, {}));
      const { port } = new URL(gone.origin);
      await gone[Symbol.asyncDispose]();
      assert.equal((await checkRedirect(context, Number(port)))?.state, 'passed');
    });

    it('finds a redirect that loses the path or leads elsewhere, and warns of an answer in the clear', async () => {
      for (const location of [
        'https://localhost:8443/',
        'https://evil.example/health/live?from=smoke',
        'http://localhost/',
        '//',
        '',
      ])
        assert.equal((await look(301, location))?.state, 'failed', location);
      assert.equal((await look(200))?.state, 'warned');
    });

    it('looks at no other port than 80 beside 443 by itself', async () => {
      assert.equal((await checkRedirect(context))?.state, 'skipped');
    });
  });
});
