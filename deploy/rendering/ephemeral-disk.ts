import type { PlatformChoice } from '#config';
import type { RenderInput } from '../platform.ts';

/** What the operator has decided for the platform of this input. */
export function choiceOf({ deployment, config }: Pick<RenderInput, 'deployment' | 'config'>): PlatformChoice {
  return deployment.platforms?.[config.profile] ?? {};
}

/** What speaks against a platform whose disk goes with the container, until something else keeps the data. */
export function lossesOn(input: RenderInput): string[] {
  const { profile } = input.config;
  const { accepts = [], share } = choiceOf(input);
  const reasons: string[] = [];
  if (!input.deployment.secrets.includes('DATABASE_URL'))
    reasons.push(
      `its disk goes with the container, and with it every message that was accepted: keep them in PostgreSQL, with DATABASE_URL in platforms.${profile}.secrets`,
    );
  if (share === undefined && !accepts.includes('login-lost-at-restart'))
    reasons.push(
      `its disk goes with the container, and with it the WhatsApp login: accept that the phone is linked anew after each restart, with 'login-lost-at-restart' in platforms.${profile}.accepts, or choose a platform with a volume`,
    );
  return reasons;
}
