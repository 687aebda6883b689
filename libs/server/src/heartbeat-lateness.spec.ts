import { MemberId, RaftIndex, SILENT_LOGGER, Term } from '@etcd-ts/foundation';
import { ManualTime } from '@etcd-ts/manual-time';
import type { Message } from '@etcd-ts/raft';

import { HeartbeatLateness } from './heartbeat-lateness.js';

const heartbeat = (to: bigint, term = 1): Message => ({
  type: 'heartbeat',
  from: MemberId(1n),
  to: MemberId(to),
  term: Term(term),
  commit: RaftIndex(1),
  context: Buffer.alloc(0),
});

describe('heartbeats', () => {
  it('are late after two intervals without one to the same member, each time once', async () => {
    const time = new ManualTime();
    let late = 0;
    const lateness = new HeartbeatLateness({
      clock: time,
      logger: SILENT_LOGGER,
      heartbeatIntervalMs: 100,
      late: () => late++,
    });
    lateness.sent([heartbeat(2n), heartbeat(3n)]);
    await time.advance(200);
    lateness.sent([heartbeat(2n)]);
    expect(late).toBe(0);
    await time.advance(1);
    lateness.sent([heartbeat(3n)]);
    expect(late).toBe(1);
    await time.advance(500);
    lateness.sent([heartbeat(2n, 5), heartbeat(3n, 5)]);
    expect(late).toBe(1);
  });
});
