import { ERRORS, EtcdError, GrpcStatus } from '@etcd-ts/wire-protocol';
import type { RangeResponse } from '@etcd-ts/wire-protocol';
import { Client } from './client.js';
import type { ClientOptions } from './client.js';
import type { MemberScript } from './testing/fake-member.js';
import { FakeMember, HEADER } from './testing/fake-member.js';
import { ConnectionError } from './transport/call-failure.js';

const EMPTY: RangeResponse = { header: HEADER, kvs: [], more: false, count: 0n };
const DONE = { header: HEADER, prevKv: undefined };

const cleanups: (() => void | Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function member(script: MemberScript, port?: number): Promise<FakeMember> {
  const started = await FakeMember.start(script, port);
  cleanups.push(() => started.stop());
  return started;
}

function clientOf(endpoints: readonly string[], options: ClientOptions = {}): Client {
  const client = new Client({ endpoints, ...options });
  cleanups.push(() => client.close());
  return client;
}

/** Of a port where nobody listens. */
async function deadEndpoint(): Promise<string> {
  const gone = await FakeMember.start({});
  await gone.stop();
  return gone.endpoint;
}

describe('a client of several members', () => {
  it('asks the next one when one cannot be reached, reads and writes alike', async () => {
    const alive = await member({ kv: { range: () => EMPTY, put: () => DONE } });
    const client = clientOf([await deadEndpoint(), alive.endpoint]);
    await client.kv.put('a', '1');
    await client.kv.get('a');
    expect(alive.connections).toBe(1);
  });

  it('stays with the member that answers, or goes round if it is told to', async () => {
    const asked: string[] = [];
    const script = (name: string): MemberScript => ({
      kv: { range: () => (asked.push(name), EMPTY) },
    });
    const endpoints = [await member(script('a')), await member(script('b'))].map(
      ({ endpoint }) => endpoint,
    );
    const pinned = clientOf(endpoints);
    for (let i = 0; i < 3; i++) await pinned.kv.get('x');
    const spread = clientOf(endpoints, { balance: 'round-robin' });
    for (let i = 0; i < 4; i++) await spread.kv.get('x');
    expect(asked.join('')).toBe('aaaabab');
  });

  it('finds a member again that was away', async () => {
    const first = await FakeMember.start({ kv: { range: () => EMPTY } });
    const client = clientOf([first.endpoint]);
    await client.kv.get('x');
    await first.stop();
    const waiting = client.kv.get('x');
    await member({ kv: { range: () => EMPTY } }, first.port);
    await expect(waiting).resolves.toBeUndefined();
  });

  it('gives up early when nobody can be reached, if it is told to', async () => {
    const client = clientOf([await deadEndpoint()], {
      reachTimeoutMs: 200,
      requestTimeoutMs: Infinity,
    });
    for (const ask of [() => client.kv.get('a'), () => client.kv.put('a', '1')]) {
      await expect(ask()).rejects.toMatchObject({
        code: GrpcStatus.Unavailable,
        message: expect.stringContaining('connection refused') as unknown,
      });
    }
  });

  it('says why nobody could be reached when time is up', async () => {
    const client = clientOf([await deadEndpoint()], { requestTimeoutMs: 150 });
    const error: unknown = await client.kv.get('a').catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      code: GrpcStatus.DeadlineExceeded,
      message: 'context deadline exceeded',
      cause: { message: expect.stringContaining('connect: connection refused') as string },
    });
  });
});

describe('retries', () => {
  it('repeat a read for as long as the server is not available', async () => {
    let tries = 0;
    const range = (): RangeResponse => {
      if (++tries < 4) throw ERRORS.NoLeader.error();
      return EMPTY;
    };
    const client = clientOf([(await member({ kv: { range } })).endpoint]);
    await client.kv.get('a');
    expect(tries).toBe(4);
  });

  it('never repeat a write that was answered with an error', async () => {
    let tries = 0;
    const put = (): never => {
      tries++;
      throw ERRORS.Timeout.error();
    };
    const failures: number[] = [];
    const client = clientOf([(await member({ kv: { put } })).endpoint], {
      onFailedAttempt: ({ attempt }) => failures.push(attempt),
    });
    await expect(client.kv.put('a', '1')).rejects.toMatchObject({
      message: ERRORS.Timeout.message,
    });
    expect([tries, failures]).toEqual([1, [0]]);
  });

  it('never repeat a write whose connection broke, for it may have arrived', async () => {
    let tries = 0;
    const broken: FakeMember = await member({
      kv: {
        put: () => {
          tries++;
          broken.cutConnections();
          return new Promise(() => undefined);
        },
      },
    });
    const other = await member({ kv: { put: () => (tries++, DONE) } });
    const client = clientOf([broken.endpoint, other.endpoint]);
    const error: unknown = await client.kv.put('a', '1').catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ConnectionError);
    expect(error).toMatchObject({ mayHaveArrived: true, code: GrpcStatus.Unavailable });
    expect(tries).toBe(1);
    // The next call knows better.
    await client.kv.put('a', '1');
    expect(tries).toBe(2);
  });

  it('do not happen for errors of the request', async () => {
    let tries = 0;
    const range = (): never => {
      tries++;
      throw ERRORS.Compacted.error();
    };
    const client = clientOf([(await member({ kv: { range } })).endpoint]);
    await expect(client.kv.get('a')).rejects.toBeInstanceOf(EtcdError);
    expect(tries).toBe(1);
  });
});

describe('calls', () => {
  it('end with the reason of their signal, and the server learns of it', async () => {
    let serverKnows: (() => void) | undefined;
    const known = new Promise<void>((resolve) => (serverKnows = resolve));
    const slow = await member({
      kv: {
        range: (_request, call) =>
          new Promise((_resolve, reject) => {
            call.signal.addEventListener('abort', () => {
              serverKnows?.();
              reject(call.signal.reason as Error);
            });
          }),
      },
    });
    const client = clientOf([slow.endpoint]);
    const abort = new AbortController();
    const asking = client.kv.get('a', { signal: abort.signal });
    const reason = new Error('changed my mind');
    setTimeout(() => abort.abort(reason), 50);
    await expect(asking).rejects.toBe(reason);
    await known;
  });

  it('end when their time is up, though the server says nothing', async () => {
    const silent = await member({ kv: { range: () => new Promise(() => undefined) } });
    const client = clientOf([silent.endpoint]);
    const asking = client.kv.get('a', { timeoutMs: 100 });
    await expect(asking).rejects.toMatchObject({ code: GrpcStatus.DeadlineExceeded });
  });

  it('end when the client is closed', async () => {
    const silent = await member({ kv: { range: () => new Promise(() => undefined) } });
    const client = clientOf([silent.endpoint]);
    const asking = client.kv.get('a');
    setTimeout(() => client.close(), 50);
    await expect(asking).rejects.toBeInstanceOf(EtcdError);
  });

  it('carry large requests and answers whole', async () => {
    const value = Buffer.alloc(3_000_000, 'x');
    const echo = await member({
      kv: {
        put: ({ key, value: sent }) => ({
          header: HEADER,
          prevKv: { key, value: sent, createRevision: 1n, modRevision: 1n, version: 1n, lease: 0n },
        }),
      },
    });
    const { prevKv } = await clientOf([echo.endpoint]).kv.put('a', value);
    expect(prevKv?.value.equals(value)).toBe(true);
  });

  it('are refused here when they are larger than the client may send', async () => {
    const client = clientOf([await deadEndpoint()], { maxSendBytes: 100 });
    const put = client.kv.put('a', Buffer.alloc(200));
    await expect(put).rejects.toMatchObject({ code: GrpcStatus.ResourceExhausted });
  });
});

describe('a client with a user', () => {
  const tokens = (accepted: () => string): MemberScript => {
    let logins = 0;
    return {
      auth: { authenticate: () => ({ header: HEADER, token: `token-${++logins}` }) },
      kv: {
        range: (_request, call) => {
          const token = call.metadata.get('token');
          if (token !== accepted()) throw ERRORS.InvalidAuthToken.error();
          return EMPTY;
        },
      },
    };
  };

  it('logs in once for many calls, and again when its token is refused', async () => {
    let accepted = 'token-1';
    const guarded = await member(tokens(() => accepted));
    const client = clientOf([guarded.endpoint], { credentials: { user: 'u', password: 'p' } });
    await Promise.all([client.kv.get('a'), client.kv.get('b'), client.kv.get('c')]);
    accepted = 'token-2';
    await client.kv.get('a');
    await client.kv.get('a');
  });

  it('gives up when no token is ever good enough', async () => {
    const guarded = await member(tokens(() => 'another'));
    const client = clientOf([guarded.endpoint], { credentials: { user: 'u', password: 'p' } });
    const asking = client.kv.get('a');
    await expect(asking).rejects.toMatchObject({ code: GrpcStatus.Unauthenticated });
  });

  it('is served without a token where nobody asks for one', async () => {
    const open = await member({
      auth: {
        authenticate: () => {
          throw ERRORS.AuthNotEnabled.error();
        },
      },
      kv: {
        range: (_request, call) => {
          expect(call.metadata.get('token')).toBeUndefined();
          return EMPTY;
        },
      },
    });
    const client = clientOf([open.endpoint], { credentials: { user: 'u', password: 'p' } });
    await client.kv.get('a');
  });

  it('sends a token from elsewhere as it is', async () => {
    const guarded = await member(tokens(() => 'a.json.web.token'));
    const client = clientOf([guarded.endpoint], { credentials: { token: 'a.json.web.token' } });
    await client.kv.get('a');
  });
});
