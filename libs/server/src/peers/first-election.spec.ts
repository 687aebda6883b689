import { MemberId, SILENT_LOGGER } from '@etcd-ts/foundation';
import { ManualTime } from '@etcd-ts/manual-time';
import type { Raft } from '@etcd-ts/raft';

import { hastenFirstElection } from './first-election.js';

const PEERS = [2n, 3n, 4n].map((id) => MemberId(id));

describe('the first election after a start', () => {
  let time: ManualTime;
  let ticks: number;
  let active: readonly MemberId[];

  beforeEach(() => {
    time = new ManualTime();
    ticks = 0;
    active = [];
  });

  const start = (advance = true) =>
    hastenFirstElection({
      localId: MemberId(1n),
      loop: { tell: (what) => what({ tick: () => ticks++ } as unknown as Raft) },
      network: {
        peerIds: () => PEERS,
        activeSince: (id) => (active.includes(id) ? 0 : undefined),
      },
      scheduler: time,
      logger: SILENT_LOGGER,
      electionTicks: 10,
      advance,
    });

  it('comes two ticks after this member has met two others, once', async () => {
    start();
    await time.advance(1000);
    expect(ticks).toBe(0);
    active = PEERS.slice(0, 2);
    await time.advance(50);
    expect(ticks).toBe(8);
    active = PEERS;
    await time.advance(10_000);
    expect(ticks).toBe(8);
    expect(time.timers).toBe(0);
  });

  it('takes its time with only one other there', async () => {
    start();
    active = PEERS.slice(0, 1);
    await time.advance(4000);
    expect(ticks).toBe(0);
  });

  it('takes its time when the others come after five seconds', async () => {
    start();
    await time.advance(5000);
    active = PEERS;
    await time.advance(5000);
    expect(ticks).toBe(0);
    expect(time.timers).toBe(0);
  });

  it('takes its time when it is told to, or when the member stops', async () => {
    active = PEERS;
    start(false);
    start()();
    await time.advance(1000);
    expect(ticks).toBe(0);
  });
});
