import type { Clock } from '../../../../deploy/shipping/clock.ts';
import type { Outside } from '../../../../deploy/shipping/outside.ts';
import { failed, passed } from '../../../../operate/smoke/report.ts';

/** Takes the place of HTTP: a kit at `url` that runs the release of `releaseOf`, without a server. */
export function scriptOutside(url: string, releaseOf: () => string, apiKey: string): Outside {
  // A platform may name the address with a slash at its end.
  const isAt = (asked: string) => asked.replace(/\/$/, '') === url && releaseOf() !== '';
  return {
    probe: async (asked) => {
      const release = releaseOf();
      if (!isAt(asked)) return { summary: `${asked} gave no answer` };
      return { summary: `${release} answered`, isUp: !release.startsWith('sick'), release };
    },
    whatsAppState: async (asked) => (isAt(asked) ? 'qr' : undefined),
    smoke: async (asked, options) => {
      const faults = [
        // A leaky release accepts hostile requests, which only a look from outside finds.
        ...(isAt(asked) && !releaseOf().startsWith('leaky') ? [] : ['refusals' as const]),
        ...([releaseOf(), undefined].includes(options.expectRelease) ? [] : ['release' as const]),
        ...([apiKey, undefined].includes(options.apiKey) ? [] : ['keys' as const]),
      ];
      const rows = faults.map((name) => failed(name, 'scripted', 'scripted', 'scripted'));
      return {
        url: asked,
        ok: rows.length === 0,
        rows: [passed('answers', 'scripted'), ...rows],
        took_ms: 0,
      };
    },
  };
}

/** Time that passes only by `sleep`, and then at once. */
export function startScriptedClock(): Clock {
  let nowMs = 0;
  return {
    nowMs: () => nowMs,
    sleep: async (ms) => {
      nowMs += ms;
      // Other work goes on during each sleep, as with a real clock.
      await new Promise((resolve) => setImmediate(resolve));
    },
  };
}
