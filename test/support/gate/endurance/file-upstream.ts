// An upstream in a process of its own: `/api/large` is 4 MB, anything else a word, after the body of the request has come.
import { createServer } from 'node:http';

const LARGE = Buffer.alloc(4 * 1024 ** 2, 'x');

const server = createServer((request, response) => {
  request.resume();
  request.on('error', () => request.destroy());
  if (request.url === '/api/large') response.end(LARGE);
  else request.on('end', () => response.end('hello'));
});
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  if (typeof address === 'object' && address !== null) process.send?.({ port: address.port });
});
process.on('disconnect', () => process.exit());
