import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { closeServer, listen } from '../../../services/runtime/http/listen.ts';

/** A kit that gives one answer; `asked` is what it was asked: method, path, key and body. */
export async function startFakeKit(status: number, answer: unknown) {
  const asked: string[] = [];
  const server = createServer(async (request, response) => {
    const body = await text(request);
    asked.push(`${request.method} ${request.url} ${request.headers['x-api-key']} ${body}`.trim());
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
  });
  const url = `http://127.0.0.1:${await listen(server, 0, '127.0.0.1')}`;
  return { url, asked, [Symbol.asyncDispose]: () => closeServer(server, 0) };
}
