import { readSandboxPage } from '#config';
import { type Policy, parsePolicy } from '../../../services/sandbox/web/policy.ts';
import { parseSettings, type Settings } from '../../../services/sandbox/web/settings.ts';

/** The page that `SANDBOX_PAGE` selects, for sandboxes that a test starts in its own process: the newest unless set. */
export function pageUnderTest(): { readonly settings: Settings; readonly policy: Policy } {
  const page = readSandboxPage(process.env.SANDBOX_PAGE ?? '2026-09');
  return { settings: parseSettings(page), policy: parsePolicy(page) };
}
