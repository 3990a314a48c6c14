import assert from 'node:assert/strict';
import fc from 'fast-check';
import { readTarget } from '../../../../services/gate/admission/request-target.ts';
import { findRoute, isBelow, orderRoutes } from '../../../../services/gate/admission/route.ts';
import { requireCanonicalPath } from '../../../../services/gate/contract/canonical-path.ts';
import { route } from '../../../support/gate/test-gate.ts';

const SEED = Number(process.env.FC_SEED ?? Date.now() % 1_000_000);
const somewhere = { host: '127.0.0.1', port: 1 };

describe('requireCanonicalPath', () => {
  it(`lets through only what decodes, resolves and merges to itself (seed ${SEED})`, () => {
    const piece = fc.constantFrom(
      '/',
      '.',
      '..',
      '%2e',
      '%2F',
      '%5c',
      '\\',
      ';',
      '#',
      '%',
      '%41',
      '%20',
      'a',
      'internal',
      '%00',
      'é',
      ' ',
      '%c3%a9',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => {
        const path = `/${pieces.join('')}`;
        if (!isAccepted(path)) return;
        // Reading it in any of the ways that upstreams do gives the same segments.
        const segments = path.split('/').map(decodeBytes);
        assert.equal(new URL(path, 'http://h').pathname, path);
        assert.equal(decodeBytes(path).split('/').length, segments.length);
        assert.ok(
          segments.slice(1, -1).every((segment) => segment !== '' && segment !== '.' && segment !== '..'),
        );
      }),
      { seed: SEED, numRuns: 2_000 },
    );
  });

  for (const path of [
    '/',
    '/api',
    '/api/',
    '/api/a.b',
    '/api/..a',
    '/.well-known/x',
    '/api/%40x',
    '/api/@c.us',
    "/a!$&'()*+,=:~_-",
  ]) {
    it(`takes ${path}`, () => {
      requireCanonicalPath(path);
    });
  }
});

describe('readTarget', () => {
  it(`forwards the bytes it was sent (seed ${SEED})`, () => {
    fc.assert(
      fc.property(fc.webPath(), fc.webQueryParameters(), (path, query) => {
        const sent = `/x${path}?${query}`;
        if (isAccepted(`/x${path}`)) assert.equal(readTarget('GET', sent, 'h').target, sent);
      }),
      { seed: SEED },
    );
  });
});

describe('findRoute', () => {
  it(`matches on segment boundaries only, the longest first (seed ${SEED})`, () => {
    const segment = fc.constantFrom('api', 'apix', 'a', 'media');
    const path = fc.array(segment, { minLength: 1, maxLength: 4 }).map((parts) => `/${parts.join('/')}`);
    fc.assert(
      fc.property(fc.array(path, { minLength: 1, maxLength: 5 }), path, (prefixes, asked) => {
        const routes = orderRoutes(prefixes.map((prefix) => route(somewhere, { prefix })));
        const fitting = prefixes
          .filter((prefix) => `${asked}/`.startsWith(`${prefix}/`))
          .sort((a, b) => b.length - a.length);
        if (fitting[0] === undefined)
          assert.throws(() => findRoute(routes, asked), { code: 'route_unknown' });
        else assert.equal(findRoute(routes, asked).prefix, fitting[0]);
      }),
      { seed: SEED },
    );
  });

  it('takes / for everything', () => {
    assert.ok(isBelow('/x/y', '/'));
  });
});

/** Byte by byte: an upstream need not think of UTF-8. */
function decodeBytes(text: string): string {
  return text.replace(/%([0-9a-f]{2})/gi, (_escape, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 16)),
  );
}

function isAccepted(path: string): boolean {
  try {
    requireCanonicalPath(path);
    return true;
  } catch (error) {
    assert.equal(error instanceof Error && error.name, 'KitError');
    return false;
  }
}
