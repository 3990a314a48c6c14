/** Log lines that the comparison leaves out, because they come or do not come by the speed of the machine. */
export const TIMED_LINES: readonly { readonly pattern: RegExp; readonly why: string }[] = [
  {
    pattern: /^bridge info session \S+ is syncing: /,
    why: 'the bridge logs the states that it sees; a fast page passes some of them between two looks',
  },
  {
    pattern: /^bridge info session \S+ is (?:qr|starting|offline)\b/,
    why: 'a phone that links itself may scan the code before the bridge logs it',
  },
  {
    pattern: /^api (?:error|warn) the bridge at \S+ refused the connection/,
    why: 'the api and the bridge start at the same time, and either may be first',
  },
  {
    pattern: /^gate info request \{aborted,/,
    why: 'a client that leaves is logged with the facts that are known at that moment',
  },
];
