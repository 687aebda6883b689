import type { BidiCall } from '@etcd-ts/rpc';
import type { LeaseKeepAliveRequest, LeaseKeepAliveResponse } from '@etcd-ts/wire-protocol';
import { ERRORS, EtcdError } from '@etcd-ts/wire-protocol';
import { Renewals } from './renewals.js';

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** A stream to a cluster that answers when the test says so. */
class Stream implements BidiCall<LeaseKeepAliveRequest, LeaseKeepAliveResponse> {
  readonly asked: bigint[] = [];
  readonly #answers: (LeaseKeepAliveResponse | EtcdError)[] = [];
  #wake: () => void = () => undefined;

  write({ ID }: LeaseKeepAliveRequest): Promise<void> {
    this.asked.push(ID);
    return Promise.resolve();
  }

  end(): void {
    throw new Error('never');
  }

  cancel(): void {
    throw new Error('never');
  }

  answer(answer: bigint | EtcdError, TTL = 10n): void {
    const isError = answer instanceof EtcdError;
    this.#answers.push(isError ? answer : { header: undefined, ID: answer, TTL });
    this.#wake();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<LeaseKeepAliveResponse, void, undefined> {
    for (;;) {
      const next = this.#answers.shift();
      if (next instanceof EtcdError) throw next;
      if (next !== undefined) yield next;
      else await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }
}

function scene(): { streams: Stream[]; renewals: Renewals } {
  const streams: Stream[] = [];
  const open = (): Stream => {
    const stream = new Stream();
    streams.push(stream);
    return stream;
  };
  return { streams, renewals: new Renewals(open) };
}

describe('renewals of leases', () => {
  it('share one that begins after they were asked for, and never one that began before', async () => {
    const { streams, renewals } = scene();
    const first = renewals.renew(1n);
    const others = [renewals.renew(1n), renewals.renew(1n), renewals.renew(2n)];
    expect(streams[0]?.asked).toEqual([1n, 2n]);
    streams[0]?.answer(1n, 7n);
    expect((await first).TTL).toBe(7n);
    expect(streams[0]?.asked).toEqual([1n, 2n, 1n]);
    streams[0]?.answer(1n, 9n);
    streams[0]?.answer(2n, 3n);
    expect((await Promise.all(others)).map(({ TTL }) => TTL)).toEqual([9n, 9n, 3n]);
    expect(streams).toHaveLength(1);
  });

  it('go on at another member when one is lost', async () => {
    const { streams, renewals } = scene();
    const renewed = [renewals.renew(1n), renewals.renew(2n)];
    streams[0]?.answer(1n);
    streams[0]?.answer(ERRORS.Stopped.error());
    await turn();
    expect(streams[1]?.asked).toEqual([2n]);
    streams[1]?.answer(2n);
    expect((await Promise.all(renewed)).map(({ ID }) => ID)).toEqual([1n, 2n]);
  });

  it('fail with the reason when nobody renews, and at once when that cannot change', async () => {
    const { streams, renewals } = scene();
    const lost = renewals.renew(1n).catch(String);
    for (let i = 0; i < 3; i++) {
      streams[i]?.answer(ERRORS.NoLeader.error());
      await turn();
    }
    expect(await lost).toBe('EtcdError: etcdserver: no leader');
    const denied = renewals.renew(1n).catch(String);
    streams[3]?.answer(ERRORS.PermissionDenied.error());
    expect(await denied).toBe('EtcdError: etcdserver: permission denied');
  });
});
