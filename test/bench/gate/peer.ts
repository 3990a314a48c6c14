// One of the proxies of the field in a process of its own, as its README starts it, without a log:
// `node peer.ts NAME PORT BACKEND_PORT`.
import { createServer } from 'node:http';

const [, , name = '', port = '', backendPort = ''] = process.argv;
const target = `http://127.0.0.1:${backendPort}`;
const listenOn = { host: '127.0.0.1', port: Number(port) };

const peers: Readonly<Record<string, () => Promise<unknown>>> = {
  'http-proxy-middleware': async () => {
    const { default: express } = await import('express');
    const { createProxyMiddleware } = await import('http-proxy-middleware');
    express()
      .use(createProxyMiddleware({ target, ws: true }))
      .listen(listenOn.port, listenOn.host);
  },
  '@fastify/http-proxy': async () => {
    const { default: fastify } = await import('fastify');
    const { default: proxy } = await import('@fastify/http-proxy');
    const server = fastify({ bodyLimit: Number.MAX_SAFE_INTEGER });
    await server.register(proxy, { upstream: target, prefix: '/' });
    await server.listen(listenOn);
  },
  'fast-proxy': async () => {
    const { default: createProxy } = await import('fast-proxy');
    const { proxy } = createProxy({ base: target });
    createServer((request, response) => proxy(request, response, request.url ?? '/', {})).listen(listenOn);
  },
};

await peers[name]?.();
