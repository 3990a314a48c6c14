import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { askOf, perform, type Stage } from '../../../deploy/shipping/perform.ts';
import { Progress } from '../../../deploy/shipping/progress.ts';
import { type Act, ShipError } from '../../../deploy/shipping/target.ts';
import { StandIns } from './stand-ins.ts';

const act = (name: string, undo: readonly string[] = []): Act => ({
  does: name,
  run: { argv: ['step', name] },
  undo: undo.map((each) => ({ does: each, run: { argv: ['step', each] } })),
});

function startStage(standIns: StandIns, changes: Partial<Stage> = {}) {
  let told = '';
  const stream = new PassThrough();
  stream.on('data', (piece: Buffer) => {
    told += piece.toString();
  });
  const stage: Stage = {
    findUrl: () => Promise.resolve('http://127.0.0.1:1'),
    folder: '/',
    environment: standIns.environment,
    secrets: [],
    isDry: false,
    progress: new Progress(stream),
    signal: new AbortController().signal,
    ...changes,
  };
  return { stage, told: () => told };
}

describe('acts of a deploy', () => {
  it('take back what was done, the last first, the one that failed included', async () => {
    using standIns = new StandIns(['step']);
    standIns.answer([{ when: 'step three', fails: 4 }]);
    const acts = [
      act('one', ['un-one']),
      act('two'),
      act('three', ['un-three', 'and-this']),
      act('four', ['un-four']),
    ];
    await assert.rejects(perform(acts, startStage(standIns).stage), (error: unknown) => {
      assert.ok(error instanceof ShipError);
      assert.match(error.message, /"three" failed: it ended with exit code 4\n {2}step three/);
      assert.match(error.said, /step is broken here/);
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
    const { stage, told } = startStage(standIns);
    await assert.rejects(perform([act('one', ['un-one']), act('two', ['un-two'])], stage), /"two" failed/);
    assert.deepEqual(standIns.lines.slice(-2), ['step un-two', 'step un-one']);
    assert.match(told(), /this could not be taken back: "un-two" failed: it ended with exit code 2/);
  });

  it('tell that there is no such program, by its name', async () => {
    using standIns = new StandIns([]);
    await assert.rejects(
      perform([act('one')], startStage(standIns).stage),
      /there is no such program\n {2}step one/,
    );
  });

  it('are given up and taken back when interrupted, also between two of them', async () => {
    using standIns = new StandIns(['step']);
    const interruption = new AbortController();
    const { stage } = startStage(standIns, { signal: interruption.signal });
    const interrupt: Act = { does: 'interrupt', run: async () => interruption.abort() };
    await assert.rejects(
      perform([act('one', ['un-one']), interrupt, act('two', ['un-two'])], stage),
      /interrupted/,
    );
    assert.deepEqual(standIns.lines, ['step one', 'step un-one']);
    await assert.rejects(perform([act('three', ['un-three'])], stage), /interrupted/);
    assert.deepEqual(standIns.lines, ['step one', 'step un-one']);
  });

  it('wait no longer than they may, and tell what was seen last', async () => {
    using standIns = new StandIns([]);
    const wait: Act = { does: 'wait', run: { until: 'open', release: 'r', withinMs: 600 } };
    await assert.rejects(
      perform([wait], startStage(standIns).stage),
      /r was not there within 0.6 s at http:\/\/127.0.0.1:1: \/health\/live gave no answer/,
    );
  });

  it('only tell in a dry run, with secrets masked', async () => {
    using standIns = new StandIns(['step']);
    const { stage, told } = startStage(standIns, { isDry: true, secrets: ['secret-word'] });
    await perform([{ does: 'one', run: { argv: ['step', 'A=secret-word'], input: 'secret-word' } }], stage);
    assert.deepEqual(standIns.lines, []);
    assert.equal(told(), "- one\n    $ step 'A=***' < (secret)\n");
  });
});

describe('a question of a deploy', () => {
  it('must be answered, unless it may fail or the run is dry', async () => {
    using standIns = new StandIns(['step']);
    standIns.answer([{ when: 'step *', says: 'half an answer', fails: 5 }]);
    const command = { argv: ['step', 'x'] } as const;
    const { stage } = startStage(standIns);
    await assert.rejects(askOf(stage)(command), /"look at what is there" failed: it ended with exit code 5/);
    const failed = await askOf(stage)(command, 'may-fail');
    assert.deepEqual([failed.code, failed.stdout], [5, '']);
    assert.equal((await askOf({ ...stage, isDry: true })(command)).stdout, '');
    await assert.rejects(askOf(stage)({ argv: ['nowhere'] }, 'may-fail'), /there is no such program/);
  });
});
