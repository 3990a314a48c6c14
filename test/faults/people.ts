import type { Fault } from './fault.ts';

const ONE_PERSON = 'test/conformance/api/people/one-person.test.ts';
const RECIPIENTS = 'test/conformance/api/people/recipients.test.ts';
const ADDRESSES = 'test/conformance/api/people/other-addresses.test.ts';
const LEARN = 'test/conformance/api/people/learn.test.ts';
const HOLD = 'test/conformance/api/account/hold.test.ts';

/** Faults in who a message goes to, and from which account. */
export const faults: readonly Fault[] = [
  {
    name: 'Another form of a number is a person of its own',
    kind: 'wrong key',
    file: 'services/api/people/recipients.ts',
    text: 'if (found.chat_address === null ||',
    replacement: 'if (found.chat_address === undefined ||',
    tests: [
      {
        file: RECIPIENTS,
        title:
          'whom the release before has noted are no strangers, and are one person with their other forms',
      },
    ],
  },
  {
    name: 'Two people who become one leave the messages of one of them behind',
    kind: 'wrong state',
    file: 'services/api/people/merge-people.ts',
    text: ".where('chat_key', '=', keyOfPerson(merged.id))",
    replacement: ".where('chat_key', '=', keyOfPerson(kept.id))",
    tests: [
      {
        file: LEARN,
        title: 'that turn out to be one keep what was written to either, and when each was first written to',
      },
    ],
  },
  {
    name: 'A message overtakes an earlier one for whom nobody knows yet whether it is the same person',
    kind: 'wrong state',
    file: 'services/api/outbox/message-starter.ts',
    text: 'if (isTooSoon) {',
    replacement: 'if (isTooSoon && now < 0) {',
    tests: [
      {
        file: RECIPIENTS,
        title: 'do not overtake an earlier message for whom nobody knows yet whether it is the same person',
      },
    ],
  },
  {
    name: 'WhatsApp is asked again for a number that it has just said to have no account',
    kind: 'retry too many',
    file: 'services/api/people/recipients.ts',
    text: 'since > now - ABSENT_MS;',
    replacement: 'since > now + ABSENT_MS;',
    tests: [
      {
        file: RECIPIENTS,
        title:
          'without an account fail with the time and the way to ask again, and are not asked for before that',
      },
    ],
  },
  {
    name: 'A person who wrote first under a LID is a first contact under the number',
    kind: 'wrong key',
    file: 'services/api/outbox/pacing.ts',
    text: '(person.first_sent_at ?? person.first_received_at) !== null',
    replacement: 'person.first_sent_at !== null',
    tests: [{ file: RECIPIENTS, title: 'who wrote first under another address are no first contact' }],
  },
  {
    name: 'A message of a chat that was moved to a LID is in the log twice',
    kind: 'wrong key',
    file: 'services/api/events/repetitions.ts',
    text: 'return [...new Set([id, ...idsOf(toPerson(person))])];',
    replacement: 'return [id];',
    tests: [
      {
        file: ONE_PERSON,
        title: 'whose chat moved from the number to the LID has no message twice in the log',
      },
    ],
  },
  {
    name: 'A chat under another form of a number is of a person of its own',
    kind: 'wrong key',
    file: 'services/api/people/people-in-events.ts',
    text: 'return { ...toPerson(row), ...said };',
    replacement: 'return seen;',
    tests: [
      {
        file: ADDRESSES,
        title: 'note who wrote first under an alias, so that the answer is no first contact',
      },
    ],
  },
  {
    name: 'A form of a number leads to whoever had it before',
    kind: 'wrong key',
    file: 'services/api/people/learn-people.ts',
    text: "row.or([isAbsent, row('person_id', '!=', id)])",
    replacement: 'isAbsent',
    tests: [
      {
        file: ADDRESSES,
        title: 'no longer lead from an alias to one person when WhatsApp names another for the number',
      },
    ],
  },
  {
    name: 'Messages go out while another account is linked',
    kind: 'wrong account',
    file: 'services/api/outbox/dispatcher.ts',
    text: 'return accounts.isChanged ? undefined : {',
    replacement: "return accounts.isChanged && session === '' ? undefined : {",
    tests: [{ file: HOLD, title: 'sends nothing, looks for nothing and begins nothing, whatever the kind' }],
  },
  {
    name: 'The page adds a message although another account was linked since the check',
    kind: 'wrong account',
    file: 'services/bridge/page/send-hook.ts',
    text: '    checkAccount(call.account);\n',
    replacement: '',
    tests: [
      {
        file: 'test/unit/bridge/page/page-send-hook.test.ts',
        title:
          'is refused in the last moment when another account was linked meanwhile, and never begins after that',
      },
    ],
  },
];
