import type { Fault } from './fault.ts';

/** Faults in the processes beside the api and the gate, in the configuration, and in the tools of an operator. */
export const faults: readonly Fault[] = [
  {
    name: 'The bridge says that an event is on disk before it is',
    kind: 'missing fsync',
    file: 'services/bridge/events/segment-writer.ts',
    text: '      await file.datasync();\n',
    replacement: '',
    tests: [
      {
        file: 'test/unit/bridge/events/spool.test.ts',
        title: 'has the events on the disk before it says so, in each segment',
      },
    ],
  },
  {
    name: 'The bridge sends a message a second time when the process that sent it has ended',
    kind: 'retry too many',
    file: 'services/bridge/send/pipeline.ts',
    text: 'const isDoubtful = request.retry !== undefined || this.#recent.isDoubtful(request.stanzaId);',
    replacement: 'const isDoubtful = this.#recent.isDoubtful(request.stanzaId);',
    tests: [
      {
        file: 'test/unit/bridge/send/send-deadline.test.ts',
        title:
          'leaves a message that the next call finds, in this bridge or in the next, and does not send again',
      },
    ],
  },
  {
    name: 'A logout waits for ever while another process has the profile',
    kind: 'unbounded wait',
    file: 'services/bridge/session/session.ts',
    text: '      reset?.reject(error);\n',
    replacement: '',
    tests: [
      {
        file: 'test/unit/bridge/session/session.test.ts',
        title: 'goes on after a logout that could not have the profile, and says why it could not',
      },
    ],
  },
  {
    name: 'The bridge calls a page ready before the library listens to it',
    kind: 'dropped await',
    file: 'services/bridge/page/listeners.ts',
    text: '  await attach();',
    replacement: '  attach();',
    tests: [
      {
        file: 'test/unit/bridge/page/listeners.test.ts',
        title: 'are reported when they cannot be attached, and the page is not marked',
      },
    ],
  },
  {
    name: 'The phone sets the timers of all acks at once, and after a stall skips the first ones',
    kind: 'wrong state',
    file: 'services/sandbox/phone/ack-schedule.ts',
    text: '    this.#continue(id, steps);',
    replacement: '    for (const step of steps) this.#continue(id, [step]);',
    tests: [
      {
        file: 'test/unit/sandbox/ack-schedule.test.ts',
        title:
          'acks at the phone of the sandbox come in order, also when the process was held up while those of an earlier message were due',
      },
    ],
  },
  {
    name: 'The sandbox loses the last record of its journal when it starts',
    kind: 'off by one',
    file: 'services/sandbox/phone/journal.ts',
    text: "const wholeBytes = bytes.lastIndexOf('\\n') + 1;",
    replacement: "const wholeBytes = bytes.lastIndexOf('\\n');",
    tests: [
      {
        file: 'test/unit/sandbox/journal.test.ts',
        title: 'gives back what earlier runs wrote, line ends in texts included',
      },
      {
        file: 'test/unit/sandbox/journal.test.ts',
        title: 'drops a torn last line from the file, and goes on after it',
      },
    ],
  },
  {
    name: 'The supervisor calls the kit ok while the disk is full',
    kind: 'wrong state',
    file: 'services/supervisor/health.ts',
    text: "allReady && whatsapp.ready && storage.state === 'ok'",
    replacement: "allReady && whatsapp.ready && storage.state !== 'unavailable'",
    tests: [
      {
        file: 'test/unit/supervisor/health.test.ts',
        title: 'calls it degraded while its store is full, and keeps the reason to itself',
      },
    ],
  },
  {
    name: 'The supervisor starts a service that is never ready again without end',
    kind: 'retry too many',
    file: 'services/supervisor/processes/restart-policy.ts',
    text: 'if (wasReady && ranMs >= this.#limits.stableMs) this.forget();',
    replacement: 'if (ranMs >= this.#limits.stableMs) this.forget();',
    tests: [
      {
        file: 'test/unit/supervisor/restart-policy.test.ts',
        title: 'does not take a long wait in vain for a run that lasted',
      },
    ],
  },
  {
    name: 'The configuration reports no clash of two ports that may not move',
    kind: 'swallowed error',
    file: 'config/rules.ts',
    text: 'config.portAuto && !candidate.isPublic && isDefault(',
    replacement: '!candidate.isPublic && isDefault(',
    tests: [
      {
        file: 'test/unit/config/load.test.ts',
        title: 'lets a default of its own give way where it may move, and refuses the clash where it may not',
      },
    ],
  },
  {
    name: 'A deploy stops the old release before the new one has opened the port',
    kind: 'wrong state',
    file: 'deploy/compose/take-over.ts',
    text: 'return [opened, stop, healthy];',
    replacement: 'return [stop, opened, healthy];',
    tests: [
      {
        file: 'test/unit/deploy/ship/compose.test.ts',
        title: 'stops the old one only when the new one has opened the port',
      },
    ],
  },
  {
    name: 'The supervisor takes trouble of the machine for a crash',
    kind: 'wrong state',
    file: 'services/supervisor/processes/next-step.ts',
    text: 'if (trouble !== undefined) return this.#afterTrouble(end, trouble, wasReady);',
    replacement: '',
    tests: [
      {
        file: 'test/unit/supervisor/next-step.test.ts',
        title:
          'never is failure where the machine is in trouble: tried again without end, after 30 s at most',
      },
    ],
  },
  {
    name: 'Each question for /health looks at the services',
    kind: 'retry too many',
    file: 'services/runtime/kept-look.ts',
    text: 'if (kept === undefined || (!isUnderWay && isStale())) kept = start();',
    replacement: 'kept = start();',
    tests: [
      {
        file: 'test/unit/supervisor/control-server.test.ts',
        title: 'answers 600 questions at once from a handful of looks: health is free of charge',
      },
    ],
  },
  {
    name: 'A service keeps all of its log that nobody reads',
    kind: 'unbounded wait',
    file: 'services/runtime/log-output.ts',
    text: 'if (this.#stream.writableLength > MAX_UNREAD_BYTES) {',
    replacement: 'if (this.#stream.writableLength < 0) {',
    tests: [
      {
        file: 'test/system/runtime/unread-log.test.ts',
        title: 'never holds up the service, and counts what it drops (the log)',
      },
    ],
  },
  {
    name: 'A kit takes the data folder of an earlier release that still runs',
    kind: 'wrong state',
    file: 'services/runtime/process/file-lock.ts',
    text: '    if (isForeignLockHeld(foreign))\n',
    replacement: '    if (false)\n',
    tests: [
      {
        file: 'test/system/supervisor/earlier-lock.test.ts',
        title: 'refuses while that kit runs, and says which process to stop',
      },
    ],
  },
  {
    name: 'The doctor ends with 0 when a check could not look',
    kind: 'swallowed error',
    file: 'operate/doctor/run-checks.ts',
    text: 'await within(check, context).catch((error: unknown) => [couldNotLook(errorText(error))]);',
    replacement: 'await within(check, context).catch(() => []);',
    tests: [{ file: 'test/unit/operate/doctor/redact.test.ts', title: 'makes it a row, and goes on' }],
  },
  {
    name: 'The browser gets the whole environment of the bridge',
    kind: 'leaked secret',
    file: 'services/bridge/session/browser-launch.ts',
    text: '    env: programEnvironment(),\n',
    replacement: '    env: process.env,\n',
    tests: [
      {
        file: 'test/unit/runtime/program-environment.test.ts',
        title: 'keep the secrets of the kit from the browser',
      },
    ],
  },
  {
    name: 'The kit leaves the files of an earlier release open to all users',
    kind: 'leaked secret',
    file: 'services/supervisor/instance/tighten-modes.ts',
    text: '      chmodSync(path, stats.mode & 0o700);\n',
    replacement: '',
    tests: [
      {
        file: 'test/unit/supervisor/tighten-modes.test.ts',
        title: 'are closed, copies of the database too, and files of other programs are left',
      },
    ],
  },
  {
    name: 'A client that has failed too often is kept out with a valid key, too',
    kind: 'wrong state',
    file: 'services/runtime/http/failed-attempts.ts',
    text: '    try {\n      check();\n',
    replacement: '    try {\n      this.#demandFew(client, 1);\n      check();\n',
    tests: [
      {
        file: 'test/unit/runtime/failed-attempts.test.ts',
        title: 'are never kept out with a valid key, whatever comes before it',
      },
    ],
  },
  {
    name: 'A file of keys that is wrong from the start opens the api to everyone',
    kind: 'wrong state',
    file: 'services/runtime/http/api-key-ring.ts',
    text: "config.apiKeys.length > 0 || config.apiKeysFile !== ''",
    replacement: 'config.apiKeys.length > 0',
    tests: [
      {
        file: 'test/unit/runtime/api-key-ring.test.ts',
        title: 'let nobody pass while the file was wrong from the start and API_KEYS is not set',
      },
    ],
  },
];
