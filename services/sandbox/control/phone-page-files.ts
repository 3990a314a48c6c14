import { join } from 'node:path';
import { type Response, Router } from 'express';
import { KitError } from '../../contract/errors.ts';
import { StrippedModules } from '../http/strip-types.ts';

/** Nothing inline and nothing foreign; blobs only as pictures, for media that the page has fetched itself. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' blob:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const FOLDER = join(import.meta.dirname, '../phone-page');

/** The phone's page and its files. */
export function servePhonePage(): Router {
  const router = Router({ strict: false });
  const modules = new StrippedModules(FOLDER);
  router.get('/', (_request, response) => sendFile(response, 'index.html'));
  for (const name of ['style.css', 'phone.css', 'icon.svg'])
    router.get(`/${name}`, (_request, response) => sendFile(response, name));
  router.get('/:name', (request, response) => {
    const code = modules.read(request.params.name);
    if (code === undefined) throw new KitError('not_found', `nothing at /sandbox/${request.params.name}`);
    protect(response);
    response.set({ 'content-type': 'text/javascript; charset=utf-8', 'cache-control': 'no-cache' });
    response.send(code);
  });
  return router;
}

function sendFile(response: Response, name: string): void {
  protect(response);
  response.set('cache-control', 'no-cache');
  response.sendFile(join(FOLDER, name), { dotfiles: 'allow' });
}

function protect(response: Response): void {
  response.set({
    'content-security-policy': POLICY,
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
  });
}
