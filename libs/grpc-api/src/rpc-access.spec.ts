import { CampaignRequest, GrpcStatus, WatchResponse } from '@etcd-ts/wire-protocol';

import { ETCD_METHODS } from './services.js';
import { GuardedMember } from './testing/guarded-member.js';
import { PRINCIPALS, throughGateway, withoutCode } from './testing/principals.js';
import type { Principal } from './testing/principals.js';
import { RPC_CASES } from './testing/rpc-cases.js';
import type { RpcCase } from './testing/rpc-cases.js';

let guarded: GuardedMember;
beforeAll(async () => {
  guarded = await GuardedMember.start();
});
afterAll(() => guarded.dispose());

const SUCCESS = { code: GrpcStatus.OK, message: '' };

function expectedOf(who: Principal, { need, fails = SUCCESS, alsoFor, throughClient }: RpcCase) {
  const denied = (error: Principal['denial']) =>
    throughClient === true ? withoutCode(error) : { code: error.code, message: error.message };
  const allowed = { code: fails.code, message: fails.message };
  if (need === 'nothing') return allowed;
  if (need === 'no false token') {
    return who.denial.message.includes('token') ? denied(who.denial) : allowed;
  }
  if (need === 'a name') return who.isSomebody ? allowed : denied(who.denial);
  if (need === 'an administrator') {
    const self = alsoFor?.some((name) => who.name.split(',')[0] === name) ?? false;
    return who.isAdmin || self ? allowed : denied(who.adminDenial);
  }
  return need.every((right) => who.rights.includes(right)) ? allowed : denied(who.denial);
}

async function asked(who: Principal, one: RpcCase): Promise<{ code: number; message: string }> {
  const { code, message, response } = await guarded.calls.call(
    one.path,
    one.request,
    who.origin(guarded.tokens),
  );
  if (one.isWatch !== true || response === undefined) return { code, message };
  const { canceled, cancelReason, watchId, created } = WatchResponse.decode(response);
  expect({ created, watchId }).toEqual({ created: true, watchId: canceled ? -1n : 0n });
  const match = /^rpc error: code = (\w+) desc = (.*)$/u.exec(cancelReason);
  if (match === null) return { code, message: cancelReason };
  return { code: CODES[match[1] ?? ''] ?? -1, message: match[2] ?? '' };
}

const CODES: Readonly<Record<string, number>> = {
  InvalidArgument: 3,
  PermissionDenied: 7,
  Unauthenticated: 16,
};

let cells = 0;

describe.each([...PRINCIPALS, ...PRINCIPALS.map(throughGateway)])('$name', (who) => {
  it('may ask what it may ask, and is refused everything else', async () => {
    const failures: object[] = [];
    for (const one of RPC_CASES) {
      cells++;
      await guarded.leases();
      const expected = expectedOf(who, one);
      const { code, message } = await asked(who, one);
      if (code !== expected.code || message !== expected.message) {
        failures.push({ case: one.name, expected, code, message });
      }
    }
    expect(failures).toEqual([]);
  });
});

describe('the matrix of methods', () => {
  it('leaves out none but those of data, and two that the end of this file is about', () => {
    const covered = new Set(RPC_CASES.map(({ path }) => path));
    const missing = ETCD_METHODS.map(({ path }) => path).filter((path) => !covered.has(path));
    expect(missing).toEqual([
      '/etcdserverpb.KV/Range',
      '/etcdserverpb.KV/RangeStream',
      '/etcdserverpb.KV/Put',
      '/etcdserverpb.KV/DeleteRange',
      '/etcdserverpb.KV/Txn',
      '/etcdserverpb.Auth/AuthDisable',
      '/v3electionpb.Election/Observe',
    ]);
    expect(cells).toBe(2 * PRINCIPALS.length * RPC_CASES.length);
  });

  it('has nobody but root disable authentication', async () => {
    for (const who of [...PRINCIPALS, ...PRINCIPALS.map(throughGateway)]) {
      if (who.isAdmin) continue;
      const path = '/etcdserverpb.Auth/AuthDisable';
      const end = await guarded.calls.call(path, new Uint8Array(0), who.origin(guarded.tokens));
      expect({ who: who.name, code: end.code }).toEqual({
        who: who.name,
        code: who.adminDenial.code,
      });
    }
    const { enabled } = await guarded.served.member.server.auth.status();
    expect(enabled).toBe(true);
  });

  it('ends an observation at once for whoever may not read the election', async () => {
    const path = '/v3electionpb.Election/Observe';
    const request = CampaignRequest.encode(
      CampaignRequest.create({ name: Buffer.from('z-none') }),
    ).finish();
    for (const who of PRINCIPALS) {
      if (who.isAdmin) continue;
      const end = await guarded.calls.call(path, request, who.origin(guarded.tokens));
      expect(end).toMatchObject({ code: 2, message: 'election: observe closed early' });
    }
  });
});
