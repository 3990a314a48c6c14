import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { Progress } from '../../../../deploy/shipping/progress.ts';
import { createAsk, type DeployContext, runSteps } from '../../../../deploy/shipping/run-steps.ts';
import { ShipError, type Step } from '../../../../deploy/shipping/target.ts';
import { StandIns } from '../../../support/deploy/ship/stand-ins.ts';

const step = (name: string, undo: readonly string[] = []): Step => ({
  title: name,
  run: { argv: ['step', name] },
  undo: undo.map((each) => ({ title: each, run: { argv: ['step', each] } })),
});

function startContext(standIns: StandIns, changes: Partial<DeployContext> = {}) {
  let told = '';
  const stream = new PassThrough();
  stream.on('data', (piece: Buffer) => {
    told += piece.toString();
  });
  const context: DeployContext = {
    findUrl: () => Promise.resolve('http://127.0.0.1:1'),
    folder: '/',
    environment: standIns.environment,
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
    using standIns = new StandIns(['step']);
    standIns.answer([{ when: 'step three', fails: 4 }]);
    const steps = [
      step('one', ['un-one']),
      step('two'),
      step('three', ['un-three', 'and-this']),
      step('four', ['un-four']),
    ];
    await assert.rejects(runSteps(steps, startContext(standIns).context), (error: unknown) => {
      assert.ok(error instanceof ShipError);
      assert.match(error.message, /"three" failed: it ended with exit code 4\n {2}step three/);
      assert.match(error.output, /step is broken here/);
      return true;
    });
    assert.deepEqual(
      standIns.lines,
      ['one', 'two', 'three', 'un-three', 'and-this', 'un-one'].map((name) => `step ${name}`),
    );
  });

  it('go on taking back when that fails, and say what could not be', async () => {
    using standIns = new StandIns(['step']);
    standIns.answer([
      { when: 'step two', fails: 1 },
      { when: 'step un-two', fails: 2 },
    ]);
    const { context, told } = startContext(standIns);
    await assert.rejects(
      runSteps([step('one', ['un-one']), step('two', ['un-two'])], context),
      /"two" failed/,
    );
    assert.deepEqual(standIns.lines.slice(-2), ['step un-two', 'step un-one']);
    assert.match(told(), /this could not be taken back: "un-two" failed: it ended with exit code 2/);
  });

  it('tell that there is no such program, by its name', async () => {
    using standIns = new StandIns([]);
    await assert.rejects(
      runSteps([step('one')], startContext(standIns).context),
      /there is no such program\n {2}step one/,
    );
  });

  it('are given up and taken back when interrupted, also between two of them', async () => {
    using standIns = new StandIns(['step']);
    const interruption = new AbortController();
    const { context } = startContext(standIns, { signal: interruption.signal });
    const interrupt: Step = { title: 'interrupt', run: async () => interruption.abort() };
    await assert.rejects(
      runSteps([step('one', ['un-one']), interrupt, step('two', ['un-two'])], context),
      /interrupted/,
    );
    assert.deepEqual(standIns.lines, ['step one', 'step un-one']);
    await assert.rejects(runSteps([step('three', ['un-three'])], context), /interrupted/);
    assert.deepEqual(standIns.lines, ['step one', 'step un-one']);
  });

  it('wait no longer than they may, and tell what was seen last', async () => {
    using standIns = new StandIns([]);
    const wait: Step = { title: 'wait', run: { until: 'open', release: 'r', withinMs: 600 } };
    await assert.rejects(
      runSteps([wait], startContext(standIns).context),
      /r was not there within 0.6 s at http:\/\/127.0.0.1:1: \/health\/live gave no answer/,
    );
  });

  it('only tell in a dry run, with secrets masked', async () => {
    using standIns = new StandIns(['step']);
    const { context, told } = startContext(standIns, { isDry: true, secrets: ['secret-word'] });
    await runSteps(
      [{ title: 'one', run: { argv: ['step', 'A=secret-word'], input: 'secret-word' } }],
      context,
    );
    assert.deepEqual(standIns.lines, []);
    assert.equal(told(), "- one\n    $ step 'A=***' < (secret)\n");
  });
});

describe('a question of a deploy', () => {
  it('must be answered, unless it may fail or the run is dry', async () => {
    using standIns = new StandIns(['step']);
    standIns.answer([{ when: 'step *', says: 'half an answer', fails: 5 }]);
    const command = { argv: ['step', 'x'] } as const;
    const { context } = startContext(standIns);
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
