import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { bridgeReached } from '../../../../operate/doctor/checks/bridge.ts';
import { restartPending } from '../../../../operate/doctor/checks/configuration.ts';
import { kitRuns } from '../../../../operate/doctor/checks/kit.ts';
import { portsFree, publicPort } from '../../../../operate/doctor/checks/ports.ts';
import { profileLock } from '../../../../operate/doctor/checks/profile.ts';
import { publicAddress } from '../../../../operate/doctor/checks/public-address.ts';
import { services } from '../../../../operate/doctor/checks/services.ts';
import { outbox, session } from '../../../../operate/doctor/checks/whatsapp.ts';
import { followMessage } from '../../../../operate/doctor/message/follow.ts';
import { printMessage } from '../../../../operate/doctor/message/print-message.ts';
import { paintFor, printReport } from '../../../../operate/doctor/print.ts';
import { type Kit, startKit } from '../../../support/kit/kit.ts';
import { look, textOf, textOfFinding } from '../../../support/operate/doctor/look.ts';
import { until } from '../../../support/until.ts';

const COMMAND = fileURLToPath(new URL('../../../../bin/gatehouse.js', import.meta.url));
const KEY = 'key-of-the-doctor-test-0001';
const FRIEND = '15550100199@c.us';

describe('doctor, beside a kit that runs', () => {
  let kit: Kit;
  let env: Record<string, string>;
  before(async () => {
    kit = await startKit({ env: { API_KEYS: KEY, OUTBOX_RETRY_MS: '200' } });
    await kit.ready();
    const ports = Object.entries(kit.ports).map(([name, port]) => [name, String(port)]);
    env = { DATA_DIR: kit.dataDir, WHATSAPP: 'sandbox', API_KEYS: KEY, ...Object.fromEntries(ports) };
  });
  after(async () => {
    await kit[Symbol.asyncDispose]();
  });

  const url = () => new URL(kit.origin);
  const send = async () => {
    const answer = await kit.post(
      '/api/whatsapp/send',
      { chat_id: FRIEND, message: 'Is there a doctor?' },
      { 'x-api-key': KEY, prefer: 'respond-async' },
    );
    const { id }: { id: string } = await answer.json();
    return id;
  };
  const follow = (id: string, over = {}) =>
    followMessage(id, { settings: {}, env, folder: '/nowhere', ...over });
  it('finds no error and shows no key, as a command with its report as JSON', async () => {
    const { stdout, code } = await new Promise<{ code: unknown; stdout: string }>((resolve) =>
      execFile(
        process.execPath,
        [COMMAND, 'doctor', '--json'],
        { cwd: tmpdir(), env: { PATH: process.env.PATH, ...env } },
        (error, stdout) => resolve({ code: error?.code ?? 0, stdout }),
      ),
    );
    const report = JSON.parse(stdout);
    const text = printReport(report, paintFor(false));
    assert.doesNotMatch(text, /✗/);
    assert.match(text, /✓ Public address: GET \/health\/live: 200/);
    assert.match(text, /✓ The kit runs: .*bridge is pid \d+/);
    assert.ok(!stdout.includes(KEY), stdout);
    assert.equal(report.schema, 1);
    assert.equal(report.exit_code, code);
    assert.ok(code === 0 || code === 1, text);
    assert.equal(report.summary.error, 0);
    assert.deepEqual(Object.keys(report.checks[0]), ['id', 'title', 'group', 'severity', 'ms', 'findings']);
  });

  it('asks a URL with the key, and says what it misses without, and with a wrong one', async () => {
    assert.match(
      textOf(await look(outbox, { url: url(), env: { API_KEYS: KEY } })),
      /nothing waits|on their way/,
    );
    const without = await look(outbox, { url: url() });
    assert.equal(without.severity, 'note');
    assert.match(textOf(without), /401 key_missing/);
    const wrong = await look(outbox, { url: url(), env: { API_KEYS: 'w9f86d081884c7d659a2feaa' } });
    assert.match(textOf(wrong), /is not one of that kit/);
    assert.equal((await look(session, { url: url() })).severity, 'good');
    assert.equal((await look(publicAddress, { url: url() })).severity, 'good');
  });

  it("finds api and bridge on one port, the ports the kit's own, and its bridge in the profile", async () => {
    assert.equal(
      textOf(await look(bridgeReached, { env })).trim(),
      `both on ${kit.ports.WHATSAPP_BRIDGE_PORT}`,
    );
    const ports = await look(portsFree, { env });
    assert.equal(ports.severity, 'good', textOf(ports));
    assert.match(textOf(await look(publicPort, { env })), /is bound on 127\.0\.0\.1/);
    assert.match(textOf(await look(profileLock, { env })), /in use by the bridge, pid \d+/);
  });

  it('says that the kit that runs does not listen on the PORT that is set now', async () => {
    const changed = { ...env, PORT: String(kit.ports.PORT + 1) };
    const ignored = await look(publicPort, { env: changed });
    assert.equal(ignored.severity, 'error');
    assert.match(textOf(ignored), new RegExp(`PORT is ${kit.ports.PORT + 1} here`));
    assert.match(
      textOf(await look(restartPending, { env: changed })),
      /restart the kit to put them in force/,
    );
  });

  it('says that a kit runs on another DATA_DIR, to whoever asks with the wrong one', async () => {
    const row = await look(kitRuns, { env: { DATA_DIR: '/nowhere' } });
    assert.match(textOf(row), new RegExp(`on another DATA_DIR runs here: .*\\b${kit.pidOf('gate')}\\b`));
  });

  it('follows a message to the phone, and shows neither its text nor its chat', async () => {
    const id = await send();
    const report = await until('it has arrived at the server', async () => {
      const now = await follow(id);
      return now.hops?.find(({ name }) => name === 'server')?.at === undefined ? undefined : now;
    });
    assert.equal(report.id, id);
    assert.equal(report.exit_code, 0);
    const text = printMessage(report, paintFor(false));
    assert.match(text, /✓ accepted {3}2026|✓ accepted {3}20\d\d/);
    assert.match(text, /✓ server/);
    assert.ok(!text.includes('doctor?') && !text.includes('15550100199'));
    const whole = await follow(`true_${FRIEND}_${id}`);
    assert.equal(whole.exit_code, 0, 'also by its whole WhatsApp id');
  });

  it('says that a message is not known here, and what a key is needed for', async () => {
    const unknown = await follow('3EB0000000000000000000');
    assert.equal(unknown.exit_code, 2);
    assert.match(
      textOfFinding(unknown.finding),
      /404 not_found\nnot known here: removed after MESSAGES_KEEP_DAYS/,
    );
    const keyless = await follow('3EB0000000000000000000', { env: {}, url: url() });
    assert.match(textOfFinding(keyless.finding), /401 key_missing\n.*\nAPI_KEYS=… gatehouse doctor message/);
  });

  it('says why a message waits while WhatsApp is disconnected, since when, and what to do', async () => {
    await kit.post('/api/whatsapp/disconnect', {}, { 'x-api-key': KEY });
    await kit.until('it is stopped', async () => (await kit.health()).whatsapp.state === 'stopped');
    const id = await send();
    const report = await until('it is said why it waits', async () => {
      const now = await follow(id);
      return /stopped/.test(now.finding.evidence.join()) ? now : undefined;
    });
    assert.equal(report.waits_for, 'dispatched');
    assert.match(
      printMessage(report, paintFor(false)),
      /… dispatched waits here\n(.*\n)+.*→ POST \/api\/whatsapp\/connect/,
    );
    const row = await look(session, { env });
    assert.equal(row.severity, 'warning');
    assert.match(textOf(row), /state stopped since .*\n(.*\n)*POST \/api\/whatsapp\/connect/);
    assert.match(textOf(await look(outbox, { env })), /\d+ messages wait, the oldest for/);
    // The tests after this one need no session, so it stays disconnected.
  });

  it('sees a bridge that is stopped', async () => {
    const pid = kit.pidOf('bridge');
    process.kill(pid, 'SIGSTOP');
    try {
      const row = await look(bridgeReached, { env });
      assert.equal(row.severity, 'error');
      assert.match(textOf(row), /takes the connection and does not answer.*\n.*kill -9/);
    } finally {
      process.kill(pid, 'SIGCONT');
    }
  });

  it('sees a gate that takes connections and says nothing', async () => {
    const pid = kit.pidOf('gate');
    process.kill(pid, 'SIGSTOP');
    try {
      assert.match(textOf(await look(publicAddress, { env })), /a stopped \(SIGSTOP\) or overloaded process/);
    } finally {
      process.kill(pid, 'SIGCONT');
    }
  });

  it('sees an api that keeps ending, and tells how often', async () => {
    const restarts = async () => (await kit.health()).services.api?.restarts ?? 0;
    for (const _ of [1, 2, 3]) {
      const before = await restarts();
      process.kill(kit.pidOf('api'), 'SIGKILL');
      await kit.until('it is back', async () => {
        const { api } = (await kit.health()).services;
        return api?.state === 'ready' && api.restarts > before;
      });
    }
    const count = await restarts();
    assert.ok(count >= 3, `${count} restarts`);
    const row = await look(services, { env });
    assert.equal(row.severity, 'warning');
    assert.match(textOf(row), new RegExp(`api is ready since .*, restarted ${count} times`));
  });

  it('says that the supervisor was killed', async () => {
    await kit.stop('SIGKILL');
    await until('its services are gone', () => kit.processes.length === 0);
    const row = await look(kitRuns, { env });
    assert.equal(row.severity, 'error');
    assert.match(textOf(row), /is gone\n(.*\n)*its supervisor was killed/);
  });
});
