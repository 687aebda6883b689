import { RaftIndex, SeededRng } from '@etcd-ts/foundation';
import { Inflights } from './inflights.js';
import { Progress } from './progress.js';

function replicating(match: number, maxInflight = 4): Progress {
  const progress = new Progress(RaftIndex(match + 1), maxInflight);
  progress.maybeUpdate(RaftIndex(match));
  progress.becomeReplicate();
  return progress;
}

describe('Progress', () => {
  it('sends one append and waits while it probes', () => {
    const progress = new Progress(RaftIndex(5), 4);
    progress.sent(3);
    expect([progress.isPaused(), progress.next]).toEqual([true, 5]);
    progress.maybeUpdate(RaftIndex(7));
    expect([progress.isPaused(), progress.next]).toEqual([false, 8]);
  });

  it('runs ahead while it replicates, until the window is full', () => {
    const progress = replicating(4, 2);
    progress.sent(3);
    expect([progress.next, progress.isPaused()]).toEqual([8, false]);
    progress.sent(1);
    expect([progress.next, progress.isPaused()]).toEqual([9, true]);
    progress.paused = false;
    progress.sent(0);
    expect(progress.isPaused()).toBe(true);
  });

  it('goes back to the match when a streamed append is rejected', () => {
    const progress = replicating(4);
    progress.sent(3);
    expect(progress.maybeDecrease(RaftIndex(7), RaftIndex(6))).toBe(true);
    expect(progress.next).toBe(5);
  });

  it('ignores rejections of the past', () => {
    expect(replicating(4).maybeDecrease(RaftIndex(4), RaftIndex(2))).toBe(false);
    const probing = new Progress(RaftIndex(9), 4);
    expect(probing.maybeDecrease(RaftIndex(5), RaftIndex(2))).toBe(false);
    expect(probing.next).toBe(9);
  });

  it('takes the hint while it probes, but never goes below the match', () => {
    const progress = new Progress(RaftIndex(9), 4);
    expect(progress.maybeDecrease(RaftIndex(8), RaftIndex(3))).toBe(true);
    expect(progress.next).toBe(4);
    const known = new Progress(RaftIndex(9), 4);
    known.match = RaftIndex(5);
    expect(known.maybeDecrease(RaftIndex(8), RaftIndex(3))).toBe(true);
    expect(known.next).toBe(6);
  });

  it('probes after a snapshot from behind it, and from the match if the snapshot failed', () => {
    const progress = replicating(4);
    progress.becomeSnapshot(RaftIndex(20));
    expect(progress.isPaused()).toBe(true);
    progress.becomeProbe();
    expect(progress.next).toBe(21);
    progress.becomeSnapshot(RaftIndex(30));
    progress.pendingSnapshot = RaftIndex(0);
    progress.becomeProbe();
    expect(progress.next).toBe(5);
  });
});

describe('Inflights', () => {
  it('is a bounded queue of last indexes', () => {
    const rng = new SeededRng(4);
    let agree = true;
    for (let round = 0; round < 100; round++) {
      const capacity = 1 + rng.below(40);
      const inflights = new Inflights(capacity);
      let naive: number[] = [];
      let index = 0;
      for (let step = 0; step < 100; step++) {
        if (rng.below(3) > 0 && naive.length < capacity) {
          index += 1 + rng.below(3);
          inflights.add(index);
          naive.push(index);
        } else {
          const upTo = index - rng.below(20);
          inflights.freeUpTo(upTo);
          naive = naive.filter((last) => last > upTo);
        }
        agree &&=
          inflights.count === naive.length && inflights.full() === (naive.length === capacity);
      }
      expect(agree).toBe(true);
    }
  });

  it('refuses one too many', () => {
    const inflights = new Inflights(1);
    inflights.add(1);
    expect(() => inflights.add(2)).toThrow('limit');
  });
});
