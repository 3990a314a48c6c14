import { readSandboxPage } from '#config';
import { type Policy, parsePolicy } from '../../../services/sandbox/web/policy.ts';
import { parseSettings, type Settings } from '../../../services/sandbox/web/settings.ts';

export interface PageSelection {
  readonly settings: Settings;
  readonly policy: Policy;
}

/** The page that `SANDBOX_PAGE` selects, for sandboxes that a test starts in its own process: the newest unless set. */
export function pageUnderTest(): PageSelection {
  return selectPage(process.env.SANDBOX_PAGE ?? '2026-09');
}

/** The page that this value of `SANDBOX_PAGE` selects. */
export function selectPage(text: string): PageSelection {
  const page = readSandboxPage(text);
  return { settings: parseSettings(page), policy: parsePolicy(page) };
}
