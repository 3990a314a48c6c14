import { PASSKEY_ORIGIN, type PasskeyRequest } from '../../contract/passkey.ts';

export interface SnippetOptions {
  readonly request: PasskeyRequest;
  readonly token: string;
  /** Where the kit takes the answer. */
  readonly url: string;
}

/**
 * The snippet for the console of a tab at https://web.whatsapp.com. It asks the browser for the assertion and posts it to
 * the kit. Where the post fails it prints the answer as text: WhatsApp's own page allows connections to few hosts
 * (Baileys#2672), and a browser lets no secure page call a kit on plain HTTP. Unproven on the real page.
 */
export function passkeySnippet({ request, token, url }: SnippetOptions): string {
  return `(async () => {
  const { url, token, request } = ${JSON.stringify({ url, token, request })};
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
    userHandle: response.userHandle ? toText(response.userHandle) : null,
  } };
  const answer = JSON.stringify({ token, credential });
  try {
    const said = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body: answer });
    const { detail } = await said.json();
    console.log(said.ok ? 'The kit has the answer.' : 'The kit refused the answer: ' + detail);
    return said.ok ? 'answered' : 'refused: ' + detail;
  } catch {
    console.log("This page may not call the kit. Copy the answer, and run:\\n\\n  gatehouse passkey --answer '" + answer + "'");
    return answer;
  }
})()`;
}
