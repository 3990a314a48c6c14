import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { Progress } from '../../../../deploy/shipping/progress.ts';
import { createAsk, type DeployContext, runSteps } from '../../../../deploy/shipping/run-steps.ts';
import { ShipError, type Step, type Wait, type Watch } from '../../../../deploy/shipping/target.ts';
import { scriptOutside, startScriptedClock } from '../../../support/deploy/ship/scripted-outside.ts';
import { ScriptedPrograms } from '../../../support/deploy/ship/scripted-programs.ts';

const URL_OF_KIT = 'https://kit.example';
const step = (name: string, undo: readonly string[] = []): Step => ({
  title: name,
  run: { argv: ['step', name] },
  undo: undo.map((each) => ({ title: each, run: { argv: ['step', each] } })),
});

function startContext(programs: ScriptedPrograms, changes: Partial<DeployContext> = {}) {
  let told = '';
  const stream = new PassThrough();
  stream.on('data', (piece: Buffer) => {
    told += piece.toString();
  });
  const context: DeployContext = {
    findUrl: () => Promise.resolve(URL_OF_KIT),
    run: programs.run,
    outside: scriptOutside(URL_OF_KIT, () => programs.serving, 'k9f86d081884c7d659a2feaa0c55ad01'),
    clock: startScriptedClock(),
    folder: '/',
    environment: programs.environment,
    secrets: [],
    isDry: false,
    progress: new Progress(stream),
    signal: new AbortController().signal,
    ...changes,
  };
  return { context, told: () => told };
}

describe('steps of a deploy', () => {
  it('take back what was done, the last first, the one that failed included', async () => {
    const programs = new ScriptedPrograms(['step']);
    programs.answer([{ when: 'step three', fails: 4 }]);
    const steps = [
      step('one', ['un-one']),
      step('two'),
      step('three', ['un-three', 'and-this']),
      step('four', ['un-four']),
    ];
    await assert.rejects(runSteps(steps, startContext(programs).context), (error: unknown) => {
      assert.ok(error instanceof ShipError);
      assert.match(error.message, /"three" failed: it ended with exit code 4\n {2}step three/);
      assert.match(error.output, /step is broken here/);
      return true;
    });
    assert.deepEqual(
      programs.lines,
      ['one', 'two', 'three', 'un-three', 'and-this', 'un-one'].map((name) => `step ${name}`),
    );
  });

  it('go on taking back when that fails, and say what could not be', async () => {
    const programs = new ScriptedPrograms(['step']);
    programs.answer([
      { when: 'step two', fails: 1 },
      { when: 'step un-two', fails: 2 },
    ]);
    const { context, told } = startContext(programs);
    await assert.rejects(
      runSteps([step('one', ['un-one']), step('two', ['un-two'])], context),
      /"two" failed/,
    );
    assert.deepEqual(programs.lines.slice(-2), ['step un-two', 'step un-one']);
    assert.match(told(), /this could not be taken back: "un-two" failed: it ended with exit code 2/);
  });

  it('tell that there is no such program, by its name', async () => {
    const programs = new ScriptedPrograms([]);
    await assert.rejects(
      runSteps([step('one')], startContext(programs).context),
      /there is no such program\n {2}step one/,
    );
  });

  it('are given up and taken back when interrupted, also between two of them', async () => {
    const programs = new ScriptedPrograms(['step']);
    const interruption = new AbortController();
    const { context } = startContext(programs, { signal: interruption.signal });
    const interrupt: Step = { title: 'interrupt', run: async () => interruption.abort() };
    await assert.rejects(
      runSteps([step('one', ['un-one']), interrupt, step('two', ['un-two'])], context),
      /interrupted/,
    );
    assert.deepEqual(programs.lines, ['step one', 'step un-one']);
    await assert.rejects(runSteps([step('three', ['un-three'])], context), /interrupted/);
    assert.deepEqual(programs.lines, ['step one', 'step un-one']);
  });

  it('wait no longer than they may, and tell what was seen last', async () => {
    const programs = new ScriptedPrograms([]);
    const wait: Step = { title: 'wait', run: { until: 'open', release: 'r', withinMs: 600 } };
    await assert.rejects(
      runSteps([wait], startContext(programs).context),
      /r was not there within 0.6 s at https:\/\/kit.example: https:\/\/kit.example gave no answer/,
    );
  });

  it('wait until the release that they name answers, and not for another', async () => {
    const programs = new ScriptedPrograms(['step']);
    programs.serving = 'old';
    const { context } = startContext(programs, { served: 'old' });
    let looks = 0;
    const outside = {
      ...context.outside,
      probe: (url: string, until: 'open' | 'healthy') => {
        looks += 1;
        if (looks === 100) programs.serving = 'new';
        return context.outside.probe(url, until);
      },
    };
    const wait = (run: Wait): Step => ({ title: 'wait', run });
    await runSteps([wait({ until: 'open', release: 'new', withinMs: 60_000 })], { ...context, outside });
    assert.equal(looks, 100);
    programs.serving = 'old';
    looks = 0;
    await runSteps([wait({ until: 'open', isAnother: true, withinMs: 60_000 })], { ...context, outside });
    assert.equal(looks, 100);
    await runSteps([wait({ until: 'open', withinMs: 60_000 })], { ...context, outside });
    assert.equal(looks, 101);
  });

  it('give up a wait once a service of the release has failed, and show its log', async () => {
    const programs = new ScriptedPrograms(['logs', 'look']);
    programs.answer([{ when: 'logs', says: 'no browser' }]);
    const { context } = startContext(programs);
    const outside = {
      ...context.outside,
      probe: async () => ({ summary: '', release: 'r', failed: 'bridge has failed: crash loop' }),
    };
    const watch: Watch = { command: { argv: ['look'] }, logs: { argv: ['logs'] }, hasEnded: () => false };
    await assert.rejects(
      runSteps([{ title: 'wait', run: { until: 'healthy', release: 'r', withinMs: 60_000, watch } }], {
        ...context,
        outside,
      }),
      { message: 'r does not come up: bridge has failed: crash loop', output: 'no browser' },
    );
    assert.deepEqual(programs.lines, ['logs']);
  });

  it('only tell in a dry run, with secrets masked', async () => {
    const programs = new ScriptedPrograms(['step']);
    const { context, told } = startContext(programs, { isDry: true, secrets: ['secret-word'] });
    await runSteps(
      [{ title: 'one', run: { argv: ['step', 'A=secret-word'], input: 'secret-word' } }],
      context,
    );
    assert.deepEqual(programs.lines, []);
    assert.equal(told(), "- one\n    $ step 'A=***' < (secret)\n");
  });
});

describe('a question of a deploy', () => {
  it('must be answered, unless it may fail or the run is dry', async () => {
    const programs = new ScriptedPrograms(['step']);
    programs.answer([{ when: 'step *', says: 'half an answer', fails: 5 }]);
    const command = { argv: ['step', 'x'] } as const;
    const { context } = startContext(programs);
    await assert.rejects(
      createAsk(context)(command),
      /"look at what is there" failed: it ended with exit code 5/,
    );
    const failed = await createAsk(context)(command, 'may-fail');
    assert.deepEqual([failed.code, failed.stdout], [5, '']);
    assert.equal((await createAsk({ ...context, isDry: true })(command)).stdout, '');
    await assert.rejects(createAsk(context)({ argv: ['nowhere'] }, 'may-fail'), /there is no such program/);
  });
});
