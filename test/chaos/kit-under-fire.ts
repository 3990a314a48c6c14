import { setTimeout as sleep } from 'node:timers/promises';
import { signalProcess } from '../../services/runtime/process/process-table.ts';
import { freePorts, type Kit, type KitPorts, startKit } from '../support/kit/kit.ts';
import { processesOf } from '../support/kit/processes-of.ts';
import type { Diary } from './diary.ts';

/** What a platform waits before it starts a container again. */
const PLATFORM_RESTART_MS = 300;
const STOP_WITHIN_MS = 20_000;

/** Settings that make a run short; none of them changes what is promised. */
const QUICK = {
  WHATSAPP: 'sandbox',
  SANDBOX_AUTO_LINK: 'true',
  OUTBOUND_ALLOW_NETWORKS: '127.0.0.0/8',
  RESTART_STABLE_MS: '300',
  RESTART_BACKOFF_MS: '50',
  RESTART_BACKOFF_MAX_MS: '500',
  SEND_WAIT_MS: '1500',
  OUTBOX_RETRY_MS: '150',
  OUTBOX_RETRY_MAX_MS: '1500',
  WEBHOOK_RETRY_MS: '100',
  WEBHOOK_TIMEOUT_MS: '3000',
  ACK_TIMEOUT_MS: '15000',
  LOG_LEVEL: 'debug',
};

/** The kit, started again on the same folder and ports whenever it ends, as a platform would. */
export class KitUnderFire implements AsyncDisposable {
  readonly dataDir: string;
  readonly ports: KitPorts;
  readonly #env: Readonly<Record<string, string>>;
  readonly #diary: Diary;
  /** Ends of the whole kit that nobody asked for. */
  readonly unaskedEnds: string[] = [];
  starts = 0;
  #kit: Kit;
  #isLeaving = false;

  private constructor(
    kit: Kit,
    dataDir: string,
    ports: KitPorts,
    env: Readonly<Record<string, string>>,
    diary: Diary,
  ) {
    this.#kit = kit;
    this.dataDir = dataDir;
    this.ports = ports;
    this.#env = env;
    this.#diary = diary;
    this.#watch(kit);
    process.on('exit', this.#end);
  }

  static async start(
    dataDir: string,
    env: Readonly<Record<string, string>>,
    diary: Diary,
  ): Promise<KitUnderFire> {
    const ports = await freePorts();
    const settings = { ...QUICK, ...env };
    const kit = await startKit({ args: ['start'], env: settings, ports, dataDir });
    return new KitUnderFire(kit, dataDir, ports, settings, diary);
  }

  get kit(): Kit {
    return this.#kit;
  }

  get origin(): string {
    return this.#kit.origin;
  }

  /** Kills the supervisor and starts the kit again at once, while what is left of the old one may still be there. */
  async killSupervisor(): Promise<boolean> {
    const old = this.#kit;
    this.#isLeaving = true;
    const was = old.child.kill('SIGKILL');
    await old.exit;
    this.#isLeaving = false;
    await this.#startAgain();
    return was;
  }

  /** Stops it in order; gives its exit code and the processes that are left behind. */
  async stop(): Promise<{ code: number | string; left: number[] }> {
    this.#isLeaving = true;
    const late = setTimeout(() => this.#kit.child.kill('SIGKILL'), STOP_WITHIN_MS);
    const code = await this.#kit.stop();
    clearTimeout(late);
    return { code, left: processesOf(this.dataDir) };
  }

  /** When the run itself is ended: the guard of the kit sees to the rest. */
  #end = () => void this.#kit.child.kill('SIGKILL');

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isLeaving = true;
    process.off('exit', this.#end);
    await this.#kit[Symbol.asyncDispose]();
    for (const pid of processesOf(this.dataDir)) signalProcess(pid, 'SIGKILL');
  }

  async #startAgain(): Promise<void> {
    const { ports, dataDir } = this;
    this.#kit = await startKit({ args: ['start'], env: this.#env, ports, dataDir });
    this.#watch(this.#kit);
  }

  #watch(kit: Kit): void {
    this.starts += 1;
    this.#diary.note(`kit started as process ${kit.child.pid}`);
    for (const stream of [kit.child.stdout, kit.child.stderr])
      stream?.on('data', (text: string) => this.#diary.keep(text));
    void kit.exit.then(async (how) => {
      this.#diary.note(`kit process ${kit.child.pid} ended: ${how}`);
      if (this.#isLeaving || kit !== this.#kit) return;
      this.unaskedEnds.push(`process ${kit.child.pid} ended with ${how}`);
      await sleep(PLATFORM_RESTART_MS);
      if (!this.#isLeaving) await this.#startAgain();
    });
  }
}
