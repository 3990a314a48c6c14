import { errorText } from '../../services/contract/errors.ts';
import {
  type PasskeyAnswer,
  type PasskeyCredential,
  passkeyCredentialSchema,
} from '../../services/contract/passkey.ts';
import { passkeySnippet } from '../../services/contract/passkey-snippet.ts';
import type { Person, RehearsedBridge } from './bridge.ts';
import { ownWords } from './own-words.ts';

export interface PasskeyLinkOptions {
  readonly bridge: Pick<RehearsedBridge, 'passkey' | 'answerPasskey' | 'confirmPasskey'>;
  readonly person: Pick<Person, 'usePasskey' | 'showsCode'>;
  say(text: string): void;
}

/** Sent by the phone, for the user to compare. */
const COMPARES = 'WaitingForVerificationCodeConfirmation';

/**
 * The part of a link that an account with a passkey needs: the user uses it in a browser tab and brings the answer. The
 * page shows nothing of it but a screen with "Continue". Source: `WAWebShortcakePasskeyScreen.react` (jigger@0fbd5e1a).
 */
export class PasskeyLink {
  readonly #options: PasskeyLinkOptions;
  #askedFor: string | undefined;
  #codeSeen: string | undefined;
  #codeAsked: string | undefined;

  constructor(options: PasskeyLinkOptions) {
    this.#options = options;
  }

  /** Does what the page waits for now. Throws when nobody can be asked. */
  async look(): Promise<void> {
    const { bridge, say } = this.#options;
    try {
      const answer = await bridge.passkey();
      await this.#compare(answer);
      await this.#answer(answer);
    } catch (error) {
      if (error instanceof NobodyError) throw error;
      say(`  The link with the passkey is not done yet: ${ownWords(errorText(error))}`);
    }
  }

  async #answer({ challenge, last_error }: PasskeyAnswer): Promise<void> {
    const { bridge, person, say } = this.#options;
    if (challenge === undefined || challenge.id === this.#askedFor) return;
    this.#askedFor = challenge.id;
    if (last_error !== undefined) say(`  The last try failed: ${ownWords(last_error)}`);
    const { request } = challenge;
    const text = await person.usePasskey({ request, snippet: passkeySnippet({ request }) });
    if (text === undefined)
      throw new NobodyError('the account asks for its passkey, and nobody can be asked: use a terminal');
    const credential = credentialIn(text);
    if (credential !== undefined) await bridge.answerPasskey({ challenge_id: challenge.id, credential });
    else {
      say('  That is not the line that the snippet has printed.');
      this.#askedFor = undefined;
    }
  }

  /** A page that knows the phone confirms by itself at once: the code counts from the second look on. */
  async #compare({ stage, verification_code: code }: PasskeyAnswer): Promise<void> {
    const { bridge, person, say } = this.#options;
    if (stage !== COMPARES || code === undefined) return;
    const isNew = this.#codeSeen !== code;
    this.#codeSeen = code;
    if (isNew || this.#codeAsked === code) return;
    this.#codeAsked = code;
    if (await person.showsCode(code)) await bridge.confirmPasskey({ verification_code: code });
    else say('  Cancel the link on the phone: it shows another code than the page.');
  }
}

/** Nobody is there who could use the passkey. */
class NobodyError extends Error {
  override readonly name = 'NobodyError';
}

function credentialIn(text: string): PasskeyCredential | undefined {
  try {
    return passkeyCredentialSchema.parse(JSON.parse(text.trim().replace(/^'|'$/g, '')).credential);
  } catch {
    return undefined; // The user is asked again.
  }
}
