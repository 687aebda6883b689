import {
  AuthUserChangePasswordRequest,
  WatchDefinition,
  WatchRequest,
} from '@etcd-ts/wire-protocol';
import type { WatchCreateRequest, WatchResponse } from '@etcd-ts/wire-protocol';

import { GuardedMember } from '../testing/guarded-member.js';

const DENIED = 'rpc error: code = PermissionDenied desc = etcdserver: permission denied';
const key = (text: string): Buffer => Buffer.from(text, 'latin1');

let guarded: GuardedMember;
beforeEach(async () => {
  guarded = await GuardedMember.start();
});
afterEach(() => guarded.dispose());

/** One client's stream, answer by answer. */
function openStream(user: string) {
  const metadata = { token: guarded.tokens.get(user) ?? '' };
  const call = guarded.served.connection.service(WatchDefinition).watch({ metadata });
  const responses = call[Symbol.asyncIterator]();
  const next = async (): Promise<WatchResponse> => {
    const { value, done } = await responses.next();
    if (done === true) throw new Error('the stream has ended');
    return value as WatchResponse;
  };
  const create = async (request: Partial<WatchCreateRequest>): Promise<WatchResponse> => {
    const requestUnion = { $case: 'createRequest', value: request } as const;
    await call.write(WatchRequest.fromPartial({ requestUnion }));
    return next();
  };
  return { create, next, close: () => call.cancel() };
}

const keysOf = ({ events }: WatchResponse): string[] =>
  events.map(({ kv }) => kv?.key.toString('latin1') ?? '');

describe('a watch of somebody who may read some keys', () => {
  it('is refused for more, and the stream goes on with what is permitted', async () => {
    const stream = openStream('reader');
    for (const rangeEnd of ['\0', 'b\0', 'c']) {
      expect(await stream.create({ key: key('a'), rangeEnd: key(rangeEnd) })).toMatchObject({
        watchId: -1n,
        created: true,
        canceled: true,
        cancelReason: DENIED,
      });
    }
    expect(await stream.create({ key: key('a'), rangeEnd: key('b') })).toMatchObject({
      watchId: 0n,
      canceled: false,
    });
    await guarded.put('b');
    await guarded.put('a1');
    expect(keysOf(await stream.next())).toEqual(['a1']);
    stream.close();
  });

  it('ends with the right to it, before the next event and not after', async () => {
    const { auth } = guarded.served.member.server;
    const stream = openStream('reader');
    await stream.create({ key: key('a1') });
    await stream.create({ key: key('a2') });
    // Whatever changes, who may still read goes on.
    await auth.roleAdd('another');
    await guarded.put('a1');
    expect(keysOf(await stream.next())).toEqual(['a1']);
    await auth.roleRevokePermission({ role: 'reader', key: key('a'), rangeEnd: key('b') });
    await auth.roleGrantPermission({
      name: 'reader',
      perm: { permType: 0, key: key('a2'), rangeEnd: key('') },
    });
    await guarded.put('a1');
    expect(await stream.next()).toMatchObject({
      watchId: 0n,
      canceled: true,
      cancelReason: DENIED,
      events: [],
    });
    await guarded.put('a1');
    await guarded.put('a2');
    const last = await stream.next();
    expect(last.watchId).toBe(1n);
    expect(keysOf(last)).toEqual(['a2']);
    stream.close();
  });

  it.each([
    ['the user', async () => guarded.served.member.server.auth.userDelete('reader'), DENIED],
    [
      'the password',
      async () =>
        guarded.served.member.server.auth.userChangePassword(
          AuthUserChangePasswordRequest.create({ name: 'reader', password: 'new' }),
          new AbortController().signal,
        ),
      'rpc error: code = Unauthenticated desc = etcdserver: invalid auth token',
    ],
  ])('ends with %s', async (_what, change, cancelReason) => {
    const stream = openStream('reader');
    await stream.create({ key: key('a1') });
    await change();
    await guarded.put('a1');
    expect(await stream.next()).toMatchObject({ canceled: true, cancelReason, events: [] });
    stream.close();
  });

  it('of nobody ends when authentication is enabled', async () => {
    const { auth } = guarded.served.member.server;
    await auth.disable();
    const stream = openStream('nobody');
    await stream.create({ key: key('a1') });
    await guarded.put('a1');
    expect(keysOf(await stream.next())).toEqual(['a1']);
    await auth.enable();
    await guarded.put('a1');
    expect(await stream.next()).toMatchObject({
      canceled: true,
      cancelReason: 'rpc error: code = InvalidArgument desc = etcdserver: user name is empty',
    });
    stream.close();
  });
});
