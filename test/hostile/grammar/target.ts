import fc from 'fast-check';
import { type Bytes, byte, DECOY_PORT, HOST, join, mostly, oddByte, repeat } from './text.ts';

const word: Bytes = fc.constantFrom(
  'api',
  'ws',
  'health',
  'media',
  'x',
  'a.b',
  'hello',
  '~me',
  '@c.us',
  'live',
  'v1',
  "it's",
  '%40',
  '%20',
  '%c3%a9',
  '%25',
);
const denied: Bytes = fc.constantFrom(
  'internal',
  'bridge',
  'control',
  'INTERNAL',
  'Internal',
  'bRiDgE',
  'CONTROL',
);

const plainPath: Bytes = fc.oneof(
  { arbitrary: join(fc.constantFrom('/api/', '/api/', '/ws/'), repeat(word, 3, '/')), weight: 8 },
  { arbitrary: fc.constantFrom('/api', '/api/', '/ws', '/api/media', '/health', '/api/media/x'), weight: 4 },
  { arbitrary: join('/api/', fc.stringMatching(/^[A-Za-z0-9._~!$&'()*+,=:@-]{0,12}$/)), weight: 2 },
);

/** Ways out of a prefix, as one reader or another understands them. */
const way: Bytes = fc.constantFrom(
  '/..',
  '/../',
  '/.',
  '/./',
  '//',
  '///',
  '/%2e%2e',
  '/%2E%2E/',
  '/.%2e/',
  '/%2e/',
  '%2f',
  '%2F',
  '/%2f',
  '%5c',
  '\\',
  '/..\\',
  '/..;/',
  ';',
  ';a=b',
  '/;/',
  '#',
  '%23',
  '?',
  '%3f',
  '%00',
  '%0a',
  '%0d%0a',
  '%09',
  '%7f',
  '%',
  '%2',
  '%zz',
  '%u002f',
  '%c0%af',
  '%e0%80%af',
  '%252f',
  '%61',
  '%41',
  '%2D',
  ' ',
  '\t',
  '\0',
  '\x7f',
  '\xc0\xaf',
  '\xe9',
  '...',
  '/...',
  '*',
  '|',
  '^',
  '"',
  '<',
  '`',
  '{}',
  '%3b',
  '%20',
  '+',
  '&',
  '~',
);

const oddPath: Bytes = fc.oneof(
  { arbitrary: join(plainPath, way, fc.oneof(word, denied), repeat(way, 1)), weight: 5 },
  { arbitrary: join('/', repeat(fc.oneof(word, way, denied), 6)), weight: 4 },
  { arbitrary: join(repeat(way, 2), '/', denied, repeat(way, 2), fc.constantFrom('', '/x')), weight: 4 },
  {
    arbitrary: join('/api', repeat(fc.constantFrom('/..', '/%2e%2e', '/.', '//'), 4), '/', denied),
    weight: 3,
  },
  {
    arbitrary: fc.constantFrom(
      '/API/x',
      '/Api',
      '/apix',
      '/api.',
      '/health/',
      '/health/x',
      '/health/live',
      '/wsx',
      '/',
      '',
      '*',
      '/.gate/fault',
      '/failed',
      '/.gate/malformed',
    ),
    weight: 3,
  },
  { arbitrary: join('/api/', repeat(oddByte, 3), word), weight: 2 },
  { arbitrary: join('/', repeat(byte, 8)), weight: 1 },
);

const query: Bytes = fc.oneof(
  { arbitrary: fc.constant(''), weight: 6 },
  { arbitrary: join('?', repeat(join(word, '=', word), 3, '&')), weight: 3 },
  { arbitrary: join('?', repeat(fc.oneof(word, way), 4)), weight: 1 },
);

const long: Bytes = fc
  .tuple(fc.integer({ min: 1, max: 40 }), fc.constantFrom('/api/', '/internal/', '/api/?q='))
  .map(([times, start]) => start + 'long-and-longer-'.repeat(times * 32));

const authority: Bytes = mostly(
  fc.constant(HOST),
  fc.constantFrom(
    'evil.test',
    `127.0.0.1:${DECOY_PORT}`,
    `u@${HOST}`,
    `${HOST}:80`,
    '',
    `${HOST}@evil.test`,
    `${HOST}\\evil`,
    'H.TEST',
    `${HOST}.`,
    '[::1]',
  ),
  0.4,
);

/** What a request asks for: mostly a path of the topology. */
export const target: Bytes = fc.oneof(
  { arbitrary: join(plainPath, query), weight: 78 },
  { arbitrary: join(oddPath, query), weight: 14 },
  {
    arbitrary: join(
      fc.constantFrom('http://', 'http://', 'HTTP://', 'https://', 'ftp://', 'http:', '//', 'http:///'),
      authority,
      fc.oneof(plainPath, oddPath),
      query,
    ),
    weight: 6,
  },
  {
    arbitrary: fc.constantFrom(
      '*',
      `${HOST}:443`,
      `127.0.0.1:${DECOY_PORT}`,
      'api/x',
      '?x',
      '#',
      '\\api\\x',
      `http://${HOST}`,
      `http://${HOST}?x`,
    ),
    weight: 2,
  },
  { arbitrary: long, weight: 1 },
);
