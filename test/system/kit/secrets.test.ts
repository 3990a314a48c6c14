import assert from 'node:assert/strict';
import { once } from 'node:events';
import { request } from 'node:http';
import { commandOf, environmentOf } from '../../../services/runtime/process/process-table.ts';
import { GATES } from '../../support/gate/gates.ts';
import { type Kit, startKit } from '../../support/kit/kit.ts';

const SECRETS = {
  API_KEYS: 'key-9f86d081884c7d659a2feaa0c55ad015',
  INTERNAL_SECRET: 'boot-a3bf4f1b2b0b822cd15d6c15b0f00a08',
  DATABASE_URL: 'postgres://kit:pass-2c26b46b68ffc68ff99b453c1d304134@127.0.0.1:1/kit',
};
/** Beside the values: what stands only in one of them, such as a password. */
const VALUES = [
  ...Object.entries(SECRETS),
  ['DATABASE_URL', 'pass-2c26b46b68ffc68ff99b453c1d304134'],
] as const;

const USED_BY: Readonly<Record<string, readonly string[]>> = {
  gate: ['API_KEYS', 'INTERNAL_SECRET'],
  bridge: ['INTERNAL_SECRET'],
  api: ['API_KEYS', 'DATABASE_URL', 'INTERNAL_SECRET'],
  sandbox: ['API_KEYS', 'INTERNAL_SECRET'],
};

/** A request whose target goes out byte by byte: fetch would write another. */
async function ask(port: number, target: string, headers: Record<string, string>): Promise<void> {
  const sent = request({ host: '127.0.0.1', port, path: target, headers, agent: false });
  sent.end();
  const [answer] = await once(sent, 'response');
  answer.resume();
  await once(answer, 'end');
}

for (const { name: gate } of GATES)
  describe(`kit with secrets (${gate} gate)`, () => {
    let kit: Kit;
    before(async () => {
      kit = await startKit({ env: { ...SECRETS, GATE: gate } });
      await kit.until('a page of the browser is there', () =>
        kit.processes.some((pid) => commandOf(pid).includes('--type=renderer')),
      );
    });
    after(() => kit?.[Symbol.asyncDispose]());

    it('shows each secret only to the processes that use it, and none to Chromium or nginx', () => {
      const services = new Map(Object.keys(USED_BY).map((service) => [kit.pidOf(service), service]));
      const programs = new Set<string>();
      for (const pid of kit.processes) {
        const text = Object.entries(environmentOf(pid)).flat().join('\n');
        const seen = VALUES.flatMap(([name, value]) => (text.includes(value) ? [name] : []));
        const service = services.get(pid);
        assert.deepEqual(
          [...new Set(seen)].toSorted(),
          service === undefined ? [] : USED_BY[service],
          service ?? commandOf(pid),
        );
        if (service === undefined) programs.add(/chrom|nginx/.exec(commandOf(pid))?.[0] ?? 'other');
        for (const [, value] of VALUES) assert.ok(!commandOf(pid).includes(value), 'arguments are public');
      }
      assert.ok(programs.has('chrom'), 'the browser was looked at');
      assert.equal(programs.has('nginx'), gate === 'nginx');
    });

    it('writes no key into its log, wherever a client has put it and however it is encoded', async () => {
      const key = SECRETS.API_KEYS;
      const encoded = [...key].map((character) => `%${character.charCodeAt(0).toString(16)}`).join('');
      const targets = [
        ...[
          'x-api-key',
          'X-Api-Key',
          'api_key',
          'apiKey',
          'token',
          'access_token',
          'key',
          'x%2Dapi%2dkey',
          'q',
        ].map((name) => `/api/events?${name}=${key}`),
        `/api/events?q=${encoded}`,
        `/api/${key}`,
        `/api/${encoded}/x`,
        `/api/whatsapp/messages/${key}?after=${key.toUpperCase().toLowerCase()}`,
        `/${key}//x`,
        `/sandbox/../${key}`,
      ];
      for (const [index, target] of targets.entries()) {
        const referer = `${kit.origin}/page?x-api-key=${encoded}&n=${index}`;
        await ask(kit.ports.PORT, target, { referer, cookie: `key=${key}` });
      }
      await ask(kit.ports.PORT, '/api/end-of-the-targets', {});
      await kit.until('the last line is there', () => kit.output.includes('/api/end-of-the-targets'));
      let text = kit.output;
      for (let count = 0; count < 3; count += 1) text = text.replace(/%25/g, '%');
      text = text.replace(/%([0-9a-f]{2})/gi, (_, hex: string) =>
        String.fromCharCode(Number.parseInt(hex, 16)),
      );
      const shown = text.split('\n').filter((line) => line.includes(key));
      assert.deepEqual(shown, []);
      assert.match(text, /\/api\/\[secret\]/);
    });
  });
