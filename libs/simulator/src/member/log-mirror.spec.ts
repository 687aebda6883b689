import type { RaftIndex, Term } from '@etcd-ts/foundation';
import type { Entry } from '@etcd-ts/raft';

import { ClusterWatch, LogMirror } from './cluster-watch.js';

const entry = (index: number, term: number, text: string): Entry => ({
  type: 'normal',
  index: index as RaftIndex,
  term: term as Term,
  data: Buffer.from(text),
});

/** Writes an entry, loses it with the power, and writes another one in the same term. */
function losing(isAlone: boolean, synced: boolean): ClusterWatch {
  const watch = new ClusterWatch();
  const mirror = new LogMirror('m0', watch, () => isAlone);
  mirror.load({ index: 0, term: 0 }, []);
  mirror.append(undefined, [entry(1, 2, 'first')]);
  const sync = mirror.syncing();
  if (synced) sync();
  mirror.load({ index: 0, term: 0 }, []);
  if (!synced) sync();
  mirror.append(undefined, [entry(1, 2, 'second')]);
  mirror.syncing()();
  return watch;
}

describe('the mirror of a log', () => {
  it('finds two entries of one index and term, whoever was told of the first', () => {
    expect(losing(false, false).finding?.rule).toBe('log-mismatch');
    expect(losing(true, true).finding?.rule).toBe('log-mismatch');
  });

  it('lets who is alone forget what was never durable', () => {
    expect(losing(true, false).finding).toBeUndefined();
  });

  it("goes on behind a leader's snapshot, whatever its own log had there", () => {
    const watch = new ClusterWatch();
    const mirrors = ['m0', 'm1'].map((name) => new LogMirror(name, watch, () => false));
    for (const mirror of mirrors) mirror.load({ index: 0, term: 0 }, []);
    const [leader, left] = mirrors;
    leader?.append(undefined, [entry(1, 3, 'first'), entry(2, 4, 'second')]);
    left?.append(undefined, [entry(1, 2, 'lost'), entry(2, 2, 'lost, too')]);
    left?.snapshot({ index: 1, term: 3 });
    left?.append(undefined, [entry(2, 4, 'second')]);
    expect(watch.finding).toBeUndefined();
  });
});
