import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { setImmediate as turn } from 'node:timers/promises';
import { Client, Pool } from 'undici';
import { loadUndici } from '../../../services/gate/forward/load-undici.ts';
import {
  keepReasonPhraseBytes,
  phraseAsUtf8Bytes,
} from '../../../services/gate/forward/reason-phrase-bytes.ts';
import { startGate } from '../../../services/gate/gate.ts';
import { startLoneGate } from '../../support/gate/endurance/lone-gate.ts';
import { saying, startScripted } from '../../support/gate/responses/scripted-service.ts';
import { RawClient, startUpstream, waitFor } from '../../support/gate/test-gate.ts';

const WITHOUT = new URL('../../support/gate/without-private-parts.ts', import.meta.url).href;
const PIECE_BYTES = 64 * 1024;
/** 40 MiB: V8 itself collects after 64 MB. */
const PIECES = 640;
const LATIN1 = 'Pagina n\xe3o encontrada';
const LATIN1_AS_UTF8 = 'Pagina n\ufffdo encontrada';
const UTF8 = Buffer.from('Página não encontrada ✓').toString('latin1');
/** Of a response, after its reason phrase. */
const REST = '\r\nContent-Length: 2\r\n\r\nok';
const NO_SYMBOLS = { kSocket: Symbol('no socket'), kParser: Symbol('no parser') };

describe('the collector of V8, from a context that was made for it', () => {
  it('frees the pieces of bodies that have passed: without it, they pile up', () => {
    const [piledUp = 0, left = 0] = piecesLeft();
    assert.ok(piledUp > PIECES / 2, `${piledUp} of ${PIECES} pieces are left without it`);
    assert.ok(left < PIECES / 4, `${left} of ${PIECES} pieces are left with it`);
  });
});

describe('the files within undici', () => {
  it('are all that is loaded of it: without them, the gate loads fetch too', () => {
    assert.equal(loadsFetch(), false);
    assert.equal(loadsFetch('--import', WITHOUT), true);
  });

  it('give way to the index of undici where one is missing, or exports no class', async () => {
    const gone = () => Promise.reject(new Error('no such file'));
    const empty = async () => ({});
    for (const [client, pool] of [
      [gone, gone],
      [async () => ({ default: Client }), gone],
      [empty, empty],
    ] as const) {
      const loaded = await loadUndici({ client, pool });
      assert.deepEqual([loaded.Client, loaded.Pool], [Client, Pool]);
    }
  });
});

describe("the parser of undici's clients", () => {
  it('keeps the bytes of a reason phrase: without it, those that are no UTF-8 are lost', async () => {
    assert.deepEqual(await phraseOf([LATIN1], keepReasonPhraseBytes), [true, LATIN1]);
    const keepNothing = (client: object) => keepReasonPhraseBytes(client, NO_SYMBOLS);
    assert.deepEqual(await phraseOf([LATIN1], keepNothing), [false, LATIN1_AS_UTF8]);
  });

  it('keeps a reason phrase that arrives in parts: without it, the first parts are lost', async () => {
    assert.deepEqual(await phraseOf(['Pagina n', '\xe3o encontrada'], keepReasonPhraseBytes), [true, LATIN1]);
    const keepNothing = (client: object) => keepReasonPhraseBytes(client, NO_SYMBOLS);
    const [, lost] = await phraseOf(['Not ', 'Found'], keepNothing);
    assert.equal(lost, 'Found');
  });

  it('is left alone where it has another shape', () => {
    const { kSocket, kParser } = NO_SYMBOLS;
    for (const parser of [
      undefined,
      {},
      { statusText: '', trackHeader: () => undefined },
      { statusText: Buffer.of(), onStatus: () => 0, trackHeader: () => undefined },
    ]) {
      const before = { ...parser };
      assert.equal(keepReasonPhraseBytes({ [kSocket]: { [kParser]: parser } }, NO_SYMBOLS), false);
      assert.deepEqual({ ...parser }, before);
    }
    assert.equal(keepReasonPhraseBytes({}, NO_SYMBOLS), false);
  });

  it('is not needed for a reason phrase in UTF-8', () => {
    assert.equal(phraseAsUtf8Bytes('Página não encontrada ✓'), UTF8);
  });
});

describe('the gate, where undici and V8 show it none of that', () => {
  const gate = { name: 'node', start: startGate } as const;
  const variables = { NODE_OPTIONS: `--import=${WITHOUT}` };

  it('carries bodies both ways', async () => {
    await using upstream = await startUpstream((request, response) => void request.pipe(response));
    await using lone = await startLoneGate(gate, upstream, variables);
    const body = Buffer.alloc(12 * 1024 ** 2, 'body');
    const answer = await fetch(`http://127.0.0.1:${lone.port}/api`, { method: 'POST', body });
    assert.equal(answer.status, 200);
    assert.ok(body.equals(Buffer.from(await answer.arrayBuffer())));
  });

  for (const [what, sent, received] of [
    ['in UTF-8 as it is', UTF8, UTF8],
    ['of other bytes as far as undici reads it', LATIN1, Buffer.from(LATIN1_AS_UTF8).toString('latin1')],
  ] as const) {
    it(`passes a reason phrase ${what}`, async () => {
      await using service = await startScripted(() => saying(`HTTP/1.1 404 ${sent}${REST}`));
      await using lone = await startLoneGate(gate, service, variables);
      using client = new RawClient(lone.port);
      const text = await client.send('GET /api HTTP/1.1\r\nHost: localhost\r\n\r\n').until(/ok$/);
      assert.equal(text.slice(0, text.indexOf('\r\n')), `HTTP/1.1 404 ${received}`);
    });
  }
});

/** How many pieces are in memory after all have passed in a process of their own, without the collector and with it. */
function piecesLeft(): number[] {
  const script = `
    import { createBodyByteCounter } from '${fileOf('collect-garbage.ts')}';
    function piecesLeft(noteBytes) {
      const before = process.memoryUsage().arrayBuffers;
      for (let passed = 0; passed < ${PIECES}; passed += 1) {
        Buffer.allocUnsafeSlow(${PIECE_BYTES});
        noteBytes(${PIECE_BYTES});
      }
      return Math.round((process.memoryUsage().arrayBuffers - before) / ${PIECE_BYTES});
    }
    console.log(piecesLeft(createBodyByteCounter(() => undefined)), piecesLeft(createBodyByteCounter()));`;
  return run(script).split(' ').map(Number);
}

/** Whether a process that loads undici for the gate loads its `fetch`. */
function loadsFetch(...nodeArguments: string[]): boolean {
  const file = fileOf('load-undici.ts');
  const script = `
    import { createRequire } from 'node:module';
    await import('${file}');
    console.log(Object.keys(createRequire('${file}').cache).some((name) => name.includes('/undici/lib/web/fetch/index')));`;
  return run(script, ...nodeArguments) === 'true';
}

function fileOf(name: string): string {
  return new URL(`../../../services/gate/forward/${name}`, import.meta.url).href;
}

function run(script: string, ...nodeArguments: string[]): string {
  const args = [...nodeArguments, '--input-type=module', '--eval', script];
  return execFileSync(process.execPath, args, { encoding: 'utf8' }).trim();
}

/** What a client of undici reports of a reason phrase, and what `keep` says of the client. */
async function phraseOf(
  parts: readonly string[],
  keep: (client: object) => boolean,
): Promise<[boolean | undefined, string | undefined]> {
  const texts = parts.map((part, index) => (index < parts.length - 1 ? part : `${part}${REST}`));
  await using service = await startUpstream(async ({ socket }) => {
    socket.write('HTTP/1.1 404 ');
    for (const text of texts) {
      socket.write(text, 'latin1');
      // Between two turns of the loop the client reads what is there: a pause would not promise that under load.
      await turn();
      await turn();
    }
  });
  const client = new Client(`http://127.0.0.1:${service.port}`);
  let kept: boolean | undefined;
  let phrase: string | undefined;
  client.on('connect', () => {
    kept = keep(client);
  });
  client.dispatch(
    { path: '/', method: 'GET' },
    {
      onRequestStart: () => undefined,
      onResponseStart: (_controller, _status, _headers, text) => {
        phrase = text;
      },
      onResponseData: () => undefined,
      onResponseEnd: () => undefined,
      onResponseError: (_controller, error) => {
        phrase = String(error);
      },
    },
  );
  await waitFor(() => phrase !== undefined, 'a response');
  await client.destroy();
  return [kept, phrase];
}
