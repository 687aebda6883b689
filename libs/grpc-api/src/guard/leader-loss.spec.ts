import { MemberId, NO_MEMBER } from '@etcd-ts/foundation';
import type { Scheduler } from '@etcd-ts/foundation';

import { LeaderLoss } from './leader-loss.js';

const LEADER = MemberId(7n);

/** Election timeouts that pass when told to. */
function setUp() {
  let elapse = (): void => undefined;
  let running = true;
  const scheduler: Scheduler = {
    after: () => () => undefined,
    every: (_interval, callback) => {
      elapse = callback;
      return () => (running = false);
    },
    soon: () => undefined,
  };
  let leader = NO_MEMBER;
  const loss = new LeaderLoss(scheduler, 1000, () => leader);
  const elect = (id: MemberId): void => void (leader = id);
  return { loss, elapse: () => elapse(), elect, isRunning: () => running };
}

describe('streams that require a leader', () => {
  it('end with NoLeader after three election timeouts without one', () => {
    const { loss, elapse } = setUp();
    const controller = new AbortController();
    loss.concerns(controller);
    elapse();
    elapse();
    expect(controller.signal.aborted).toBe(false);
    elapse();
    expect(controller.signal.reason).toMatchObject({ message: 'etcdserver: no leader' });
  });

  it('go on when one is found in time, and the count begins anew', () => {
    const { loss, elapse, elect } = setUp();
    const controller = new AbortController();
    loss.concerns(controller);
    for (const id of [NO_MEMBER, NO_MEMBER, LEADER, NO_MEMBER, NO_MEMBER]) {
      elect(id);
      elapse();
    }
    expect(controller.signal.aborted).toBe(false);
  });

  it('are forgotten when they end, and nothing is looked at after the stop', () => {
    const { loss, elapse, isRunning } = setUp();
    const controller = new AbortController();
    loss.concerns(controller)();
    for (let at = 0; at < 5; at++) elapse();
    expect(controller.signal.aborted).toBe(false);
    loss.stop();
    expect(isRunning()).toBe(false);
  });
});
