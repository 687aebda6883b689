import { ClusterId, MemberId, SILENT_LOGGER } from '@etcd-ts/foundation';
import { ManualTime } from '@etcd-ts/manual-time';
import type { Cluster, Member } from '@etcd-ts/membership';

import { Departure } from './departure.js';
import type { RemoteCluster } from './network.js';

const LOCAL = MemberId(1n);

const member = (id: bigint): Member => ({
  id: MemberId(id),
  name: `m${id}`,
  peerUrls: [`http://m${id}:2380`],
  clientUrls: [],
  isLearner: false,
});

describe('the departure of a removed member', () => {
  let time: ManualTime;
  let left: number;
  let isStopped: boolean;
  /** What each of the others, by its URL, says who is a member; absent: it does not answer. */
  let answers: Map<string, readonly Member[]>;

  beforeEach(() => {
    time = new ManualTime();
    left = 0;
    isStopped = false;
    answers = new Map();
  });

  function departureFrom(...others: readonly bigint[]): Departure {
    const cluster: Pick<Cluster, 'localId' | 'members'> = {
      localId: LOCAL,
      members: () => others.map(member),
    };
    return new Departure({
      cluster,
      calls: {
        cluster: ([url = '']): Promise<RemoteCluster | undefined> => {
          const members = answers.get(url);
          return Promise.resolve(members && { clusterId: ClusterId(7n), members });
        },
      },
      clock: time,
      scheduler: time,
      logger: SILENT_LOGGER,
      stopped: () => isStopped,
      leave: () => left++,
    });
  }

  it('is after a second when one of those that stay knows of it, once', async () => {
    answers.set('http://m3:2380', [member(2n), member(3n)]);
    const departure = departureFrom(2n, 3n);
    departure.begin();
    departure.begin();
    await time.advance(990);
    expect(left).toBe(0);
    await time.advance(10);
    expect(left).toBe(1);
    await time.advance(100_000);
    expect([left, time.timers]).toEqual([1, 0]);
  });

  it('waits while those that stay do not answer, or still count on it', async () => {
    departureFrom(2n).begin();
    await time.advance(10_000);
    answers.set('http://m2:2380', [member(1n), member(2n)]);
    await time.advance(10_000);
    expect(left).toBe(0);
    answers.set('http://m2:2380', [member(2n)]);
    await time.advance(500);
    expect(left).toBe(1);
  });

  it('is in time when another one has said so, and when nobody is left', async () => {
    const told = departureFrom(2n);
    told.confirmed();
    departureFrom().begin();
    await time.advance(1000);
    expect(left).toBe(2);
    const waiting = departureFrom(2n);
    waiting.begin();
    await time.advance(5000);
    expect(left).toBe(2);
    waiting.confirmed();
    await time.advance(500);
    expect(left).toBe(3);
  });

  it('is after a minute whatever the others say', async () => {
    departureFrom(2n).begin();
    await time.advance(59_000);
    expect(left).toBe(0);
    await time.advance(2000);
    expect(left).toBe(1);
  });

  it('is none when the member stops for another reason', async () => {
    const departure = departureFrom(2n);
    departure.begin();
    await time.advance(3000);
    isStopped = true;
    departure.stop();
    expect(time.timers).toBe(0);
    await time.advance(100_000);
    expect(left).toBe(0);
  });
});
