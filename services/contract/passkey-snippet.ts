import { PASSKEY_ORIGIN, type PasskeyRequest } from './passkey.ts';

export interface SnippetOptions {
  readonly request: PasskeyRequest;
  /** Where the kit takes the answer, and by which token. Undefined: the user carries the answer to the kit. */
  readonly post?: { readonly url: string; readonly token: string };
}

/**
 * The snippet for the console of a tab at https://web.whatsapp.com. It asks the browser for the assertion and posts it to
 * the kit. Where the post fails it prints the answer as text: WhatsApp's own page allows connections to few hosts
 * (Baileys#2672), and a browser lets no secure page call a kit on plain HTTP. Unproven on the real page.
 */
export function passkeySnippet({ request, post }: SnippetOptions): string {
  return `(async () => {
  const { request, url, token } = ${JSON.stringify({ request, ...post })};
  if (location.origin !== '${PASSKEY_ORIGIN}') throw new Error('run this in a tab at ${PASSKEY_ORIGIN}');
  const toBytes = (text) => Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (c) => c.charCodeAt(0));
  const toText = (bytes) => btoa(String.fromCharCode(...new Uint8Array(bytes))).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
  const allowCredentials = (request.allowCredentials ?? []).map((one) => ({ ...one, id: toBytes(one.id) }));
  const publicKey = { ...request, challenge: toBytes(request.challenge), allowCredentials };
  const { id, rawId, type, authenticatorAttachment, response } = await navigator.credentials.get({ publicKey });
  const credential = { id, rawId: toText(rawId), type, authenticatorAttachment, response: {
    clientDataJSON: toText(response.clientDataJSON),
    authenticatorData: toText(response.authenticatorData),
    signature: toText(response.signature),
    userHandle: response.userHandle?.byteLength ? toText(response.userHandle) : null,
  } };
${post === undefined ? PRINT : POST}
})()`;
}

const PRINT = `  const answer = JSON.stringify({ credential });
  console.log('Copy this line, and paste it where the kit asks for it:\\n\\n' + answer);
  return answer;`;

const POST = `  const answer = JSON.stringify({ token, credential });
  try {
    const said = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body: answer });
    const { detail } = await said.json();
    console.log(said.ok ? 'The kit has the answer.' : 'The kit refused the answer: ' + detail);
    return said.ok ? 'answered' : 'refused: ' + detail;
  } catch {
    console.log("This page may not call the kit. Copy the answer, and run:\\n\\n  gatehouse passkey --answer '" + answer + "'");
    return answer;
  }`;
