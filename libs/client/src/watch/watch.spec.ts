import { SeededRng } from '@etcd-ts/foundation';
import { ERRORS, EtcdError } from '@etcd-ts/wire-protocol';
import type { Event } from '@etcd-ts/wire-protocol';
import { Client } from '../client.js';
import { allKeys, prefix } from '../kv/key-range.js';
import { eventAt, watchOver, watchResponse } from '../testing/event-log.js';
import type { MemberScript, WatchHandlers } from '../testing/fake-member.js';
import { FakeMember, HEADER } from '../testing/fake-member.js';
import { CompactedError } from './watch-error.js';

const cleanups: (() => void | Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function clientOf(...scripts: readonly MemberScript[]): Promise<Client> {
  const members = await Promise.all(scripts.map((script) => FakeMember.start(script)));
  const client = new Client({ endpoints: members.map(({ endpoint }) => endpoint) });
  cleanups.push(...members.map((each) => () => each.stop()), () => client.close());
  return client;
}

const answering = (
  respond: (start: bigint) => ReturnType<typeof watchResponse>[],
): WatchHandlers => ({
  watch: async (incoming, _call, out) => {
    for await (const { requestUnion } of incoming) {
      if (requestUnion?.$case !== 'createRequest') continue;
      for (const each of respond(requestUnion.value.startRevision)) out.write(each);
    }
  },
});

describe('a watch', () => {
  it.each([1, 2, 3, 4, 5, 6])(
    'delivers each event once and in order, whatever breaks (seed %i)',
    async (seed) => {
      const rng = new SeededRng(seed);
      const below = (limit: number): number => Math.floor(rng.next() * limit);
      // Revisions of several events each, so that fragments part them.
      const log: Event[] = [];
      for (let revision = 5; revision < 40; revision++) {
        for (let i = below(4); i >= 0; i--) log.push(eventAt(revision, `k${revision}-${i}`));
      }
      const started: FakeMember[] = [];
      const handlers = watchOver(
        log,
        () => 1 + below(6),
        () => 1 + below(8),
        () => started[0]?.cutConnections(),
      );
      const member = await FakeMember.start({ watch: handlers });
      started.push(member);
      const client = new Client({ endpoints: [member.endpoint] });
      cleanups.push(
        () => member.stop(),
        () => client.close(),
      );
      const seen: string[] = [];
      for await (const { events } of client.watch(allKeys(), { startRevision: 5 })) {
        seen.push(...events.map(({ kv }) => String(kv?.key)));
        if (seen.length >= log.length) break;
      }
      expect(seen).toEqual(log.map(({ kv }) => String(kv?.key)));
    },
  );

  it('from now on begins after the revision at which a server had it, also on the next stream', async () => {
    const starts: bigint[] = [];
    const client = await clientOf({
      watch: {
        watch: async (incoming, _call, out) => {
          for await (const { requestUnion } of incoming) {
            if (requestUnion?.$case !== 'createRequest') continue;
            starts.push(requestUnion.value.startRevision);
            out.write(watchResponse({ created: true, header: { ...HEADER, revision: 41n } }));
            if (starts.length === 1) throw ERRORS.Stopped.error();
            out.write(watchResponse({ events: [eventAt(42)] }));
          }
        },
      },
    });
    const watch = client.watch('a');
    expect((await watch.created).revision).toBe(41n);
    for await (const { events } of watch) {
      expect(events[0]?.kv?.modRevision).toBe(42n);
      break;
    }
    expect(starts).toEqual([0n, 42n]);
  });

  it('moves on with progress that a server tells', async () => {
    const starts: bigint[] = [];
    const client = await clientOf({
      watch: {
        watch: async (incoming, _call, out) => {
          for await (const { requestUnion } of incoming) {
            if (requestUnion?.$case !== 'createRequest') continue;
            starts.push(requestUnion.value.startRevision);
            out.write(watchResponse({ created: true }));
            out.write(watchResponse({ header: { ...HEADER, revision: 100n } }));
            if (starts.length === 1) throw ERRORS.Stopped.error();
          }
        },
      },
    });
    let told = 0;
    for await (const { events, header } of client.watch('a', { startRevision: 7 })) {
      expect([events.length, header.revision]).toEqual([0, 100n]);
      if (++told === 2) break;
    }
    expect(starts).toEqual([7n, 101n]);
  });

  it('believes a server no progress it was asked for: older ones tell it before the events', async () => {
    const client = await clientOf({
      watch: {
        watch: async (incoming, _call, out) => {
          for await (const { requestUnion } of incoming) {
            if (requestUnion?.$case === 'createRequest')
              out.write(watchResponse({ created: true }));
            if (requestUnion?.$case !== 'progressRequest') continue;
            out.write(watchResponse({ watchId: -1n, header: { ...HEADER, revision: 9n } }));
            out.write(watchResponse({ events: [eventAt(8)] }));
          }
        },
      },
    });
    const watch = client.watch('a');
    await watch.created;
    await watch.requestProgress();
    const seen: unknown[] = [];
    for await (const { events, progress } of watch) {
      seen.push(progress ?? events[0]?.kv?.modRevision);
      if (seen.length === 2) break;
    }
    expect(seen).toEqual(['requested', 8n]);
  });

  it('ends when the token it was given is refused, for there is no other', async () => {
    const tokens: unknown[] = [];
    const client = await clientOf({
      watch: {
        watch: async (_incoming, call) => {
          tokens.push(call.metadata.get('token'));
          throw ERRORS.InvalidAuthToken.error();
        },
      },
    });
    const watch = client.watch('a', { metadata: { token: 'old' } });
    const reading = watch[Symbol.asyncIterator]().next();
    await expect(reading).rejects.toMatchObject({ message: ERRORS.InvalidAuthToken.message });
    expect(tokens).toEqual(['old']);
  });

  it('tells its owner of each stream it loses', async () => {
    const interruptions: unknown[] = [];
    let streams = 0;
    const client = await clientOf({
      watch: {
        watch: async (incoming, _call, out) => {
          if (++streams < 3) throw ERRORS.NoLeader.error();
          for await (const request of incoming) {
            if (request.requestUnion?.$case !== 'createRequest') continue;
            out.write(watchResponse({ created: true }));
          }
        },
      },
    });
    const onInterrupted = (error: unknown): void => void interruptions.push(error);
    await client.watch('a', { onInterrupted }).created;
    expect(interruptions.map(String)).toEqual(Array(2).fill('EtcdError: etcdserver: no leader'));
  });

  it('fails when the history it needs is gone, and says what is left', async () => {
    const client = await clientOf({
      watch: answering(() => [
        watchResponse({ created: true, canceled: true, compactRevision: 9n }),
      ]),
    });
    const reading = client.watch('a', { startRevision: 2 })[Symbol.asyncIterator]().next();
    const error: unknown = await reading.catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(CompactedError);
    expect(error).toMatchObject({ compactRevision: 9n, message: ERRORS.Compacted.message });
  });

  it('fails with the words of a server that ends it for good', async () => {
    const reason = 'rpc error: code = PermissionDenied desc = etcdserver: permission denied';
    const canceled = watchResponse({ created: true, canceled: true, cancelReason: reason });
    const client = await clientOf({ watch: answering(() => [canceled]) });
    const watch = client.watch('a');
    await expect(watch[Symbol.asyncIterator]().next()).rejects.toEqual(
      new EtcdError(ERRORS.PermissionDenied),
    );
    await expect(watch.created).rejects.toBeInstanceOf(EtcdError);
  });

  it('ends when it is cancelled, and with the reason of its signal', async () => {
    const client = await clientOf({
      watch: answering(() => [watchResponse({ created: true })]),
    });
    const watch = client.watch('a');
    await watch.created;
    setTimeout(() => watch.cancel(), 20);
    for await (const update of watch) throw new Error(`unexpected ${String(update)}`);
    const abort = new AbortController();
    const signalled = client.watch('a', { signal: abort.signal });
    await signalled.created;
    const reason = new Error('enough');
    setTimeout(() => abort.abort(reason), 20);
    await expect(signalled[Symbol.asyncIterator]().next()).rejects.toBe(reason);
  });

  it('of a namespace asks for its keys and shows them without the prefix', async () => {
    let asked: string | undefined;
    const client = await clientOf({
      watch: {
        watch: async (incoming, _call, out) => {
          for await (const { requestUnion } of incoming) {
            if (requestUnion?.$case !== 'createRequest') continue;
            asked = `${String(requestUnion.value.key)}..${String(requestUnion.value.rangeEnd)}`;
            out.write(watchResponse({ created: true }));
            out.write(watchResponse({ events: [eventAt(5, 'app/x')] }));
          }
        },
      },
    });
    for await (const { events } of client.namespace('app/').watch(prefix(''))) {
      expect(String(events[0]?.kv?.key)).toBe('x');
      break;
    }
    expect(asked).toBe('app/..app0');
  });
});
