import assert from 'node:assert/strict';
import { Socket } from 'node:net';
import fc from 'fast-check';
import { ConnectionShares } from '../../../../services/gate/connections/connection-shares.ts';

describe('the connections of a gate, when there is no room', () => {
  const fill = (shares: ConnectionShares, client: string, count: number): Socket[] =>
    Array.from({ length: count }, () => {
      const socket = new Socket();
      assert.equal(shares.add(socket, client), undefined);
      return socket;
    });

  it('close the longest idle one of the client that has most for a client that has fewer', () => {
    const shares = new ConnectionShares(10);
    const [first, second] = fill(shares, 'greedy', 8);
    fill(shares, 'other', 2);
    assert.ok(first !== undefined && second !== undefined);
    shares.use(first, 'greedy');
    shares.rest(first);
    assert.equal(shares.add(new Socket(), 'third'), second);
    assert.equal(shares.size, 10);
  });

  it('refuse the client that has most itself', () => {
    const shares = new ConnectionShares(10);
    fill(shares, 'greedy', 8);
    fill(shares, 'other', 2);
    const more = new Socket();
    assert.equal(shares.add(more, 'greedy'), more);
    assert.equal(shares.size, 10);
  });

  it('spare those with a request under way, unless their client has far more than the new one', () => {
    const shares = new ConnectionShares(6);
    const busy = fill(shares, 'greedy', 5);
    const [idle] = fill(shares, 'other', 1);
    for (const socket of busy) shares.use(socket, 'greedy');
    const third = new Socket();
    assert.equal(shares.add(third, 'third'), idle);
    shares.use(third, 'third');
    assert.equal(shares.add(new Socket(), 'fourth'), busy[0]);
  });

  it('make room among many clients with one connection each', () => {
    const shares = new ConnectionShares(100);
    const first = Array.from({ length: 100 }, (_, index) => fill(shares, `client ${index}`, 1)[0]);
    assert.ok(first.includes(shares.add(new Socket(), 'new')));
  });

  it('count a connection for the client of its request, if that is not the peer', () => {
    const shares = new ConnectionShares(4);
    const sockets = fill(shares, 'proxy', 4);
    for (const socket of sockets.slice(0, 3)) {
      shares.use(socket, 'greedy');
      shares.rest(socket);
    }
    assert.equal(shares.add(new Socket(), 'other'), sockets[0]);
  });

  it('report how near they are to the limit, and how many were closed in the last minute', () => {
    let nowMs = 0;
    const shares = new ConnectionShares(10, () => nowMs);
    fill(shares, 'a', 7);
    assert.equal(shares.pressure, undefined);
    fill(shares, 'b', 3);
    shares.add(new Socket(), 'c');
    assert.deepEqual(shares.pressure, { resource: 'connections', used: 10, limit: 10, refused: 1 });
    nowMs = 60_001;
    assert.deepEqual(shares.pressure, { resource: 'connections', used: 10, limit: 10, refused: 0 });
  });

  it('are never more than the limit, and a client without any always gets one', () => {
    const client = fc.constantFrom('a', 'b', 'c', 'd');
    const act = fc.record({ kind: fc.constantFrom('add', 'use', 'rest', 'remove'), client, at: fc.nat() });
    fc.assert(
      fc.property(fc.array(act, { maxLength: 200 }), (acts) => {
        const shares = new ConnectionShares(12);
        const open: { socket: Socket; client: string }[] = [];
        for (const { kind, client: name, at } of acts) {
          const chosen = open[at % Math.max(1, open.length)];
          if (kind === 'add') {
            const held = open.filter((each) => each.client === name).length;
            const socket = new Socket();
            const closed = shares.add(socket, name);
            if (held === 0) assert.notEqual(closed, socket);
            if (closed !== socket) open.push({ socket, client: name });
            const index = open.findIndex((each) => each.socket === closed);
            if (index >= 0) open.splice(index, 1);
          } else if (chosen === undefined) continue;
          else if (kind === 'remove') {
            shares.remove(chosen.socket);
            open.splice(open.indexOf(chosen), 1);
          } else if (kind === 'use') shares.use(chosen.socket, chosen.client);
          else shares.rest(chosen.socket);
          assert.equal(shares.size, open.length);
          assert.ok(open.length <= 12);
        }
      }),
    );
  });
});
