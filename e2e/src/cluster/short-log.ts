import { KIND } from './kind.js';

/** So short a log that whoever was away soon needs a snapshot. */
export const SHORT_LOG =
  KIND === 'ours'
    ? { flags: ['--snapshot-count=100', '--snapshot-catchup-entries=20'], entries: 250, writers: 8 }
    : // 3.4 always keeps 5,000 entries for those who are behind.
      { flags: ['--snapshot-count=100'], entries: 5_500, writers: 64 };
