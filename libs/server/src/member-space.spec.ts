import {
  AlarmRequest,
  AlarmRequest_AlarmAction,
  AlarmType,
  Compare_CompareResult,
  Compare_CompareTarget,
  ERRORS,
  LeaseGrantRequest,
  TxnRequest,
} from '@etcd-ts/wire-protocol';

import type { EtcdServer } from './etcd-server.js';
import { MemberFixture, sample } from './testing/member-fixture.js';
import { compact, get, put, remove } from './testing/requests.js';

const fixture = new MemberFixture();
afterEach(() => fixture.close());
const CHANGES = { quotaBackendBytes: 1_000_000, backendBatchIntervalMs: 2 };
const VALUE = Buffer.alloc(50_000, 7);

async function fill(server: EtcdServer): Promise<number> {
  for (let i = 0; i < 100; i++) {
    try {
      await put(server, `k${i}`, VALUE);
      // Room is measured in committed pages.
      await new Promise((done) => setTimeout(done, 5));
    } catch (error) {
      expect((error as Error).message).toBe(ERRORS.NoSpace.message);
      return i;
    }
  }
  throw new Error('the quota was never reached');
}

function alarm(server: EtcdServer, action: AlarmRequest_AlarmAction, type: AlarmType) {
  const memberID = server.facts.header().memberId;
  return server.maintenance.alarm(AlarmRequest.create({ action, memberID, alarm: type }));
}

describe('a backend that reaches its quota', () => {
  it('raises the alarm once; what grows is refused until space is made and it is disarmed', async () => {
    const directory = fixture.directory();
    const { member, metrics, lines } = await fixture.start(directory, CHANGES);
    const { server } = member;
    const written = await fill(server);
    expect(server.facts.activeAlarms()).toEqual([AlarmType.NOSPACE]);
    const refused = [
      put(server, 'small', 'x'),
      server.leases.grant(LeaseGrantRequest.create({ TTL: 10n })),
      server.keyValues.txn(txnOf('put')),
    ];
    for (const request of refused) await expect(request).rejects.toThrow(ERRORS.NoSpace.message);
    expect(lines.filter(({ message }) => message === 'alarm raised')).toHaveLength(1);
    member.refreshMetrics();
    const id = server.facts.header().memberId.toString(16);
    const gauge = `etcd_debugging_server_alarms{server_id="${id}",alarm_type="NOSPACE"}`;
    expect(await sample(metrics, gauge)).toBe(1);

    for (let i = 0; i < written; i++) expect(await remove(server, `k${i}`)).toBe(1);
    await compact(server, server.facts.header().revision);
    await server.maintenance.defragment();
    expect((await server.maintenance.status()).dbSize).toBeLessThan(500_000n);
    await expect(put(server, 'small', 'x')).rejects.toThrow(ERRORS.NoSpace.message);

    const { alarms } = await alarm(server, AlarmRequest_AlarmAction.DEACTIVATE, AlarmType.NOSPACE);
    expect(alarms).toHaveLength(1);
    expect(await put(server, 'small', 'x')).toBe(server.facts.header().revision);
    member.refreshMetrics();
    expect(await sample(metrics, gauge)).toBe(0);
  });

  it('keeps its alarm over a restart', async () => {
    const directory = fixture.directory();
    const first = await fixture.start(directory, CHANGES);
    await fill(first.member.server);
    await first.member.stop();
    const { member } = await fixture.start(directory, { quotaBackendBytes: -1 });
    expect(member.server.facts.activeAlarms()).toEqual([AlarmType.NOSPACE]);
    await expect(put(member.server, 'a', 'x')).rejects.toThrow(ERRORS.NoSpace.message);
  });
});

describe('alarms', () => {
  it('stop every change of data while the cluster is corrupt', async () => {
    const { member } = await fixture.start(fixture.directory());
    const { server } = member;
    await put(server, 'a', '1');
    await alarm(server, AlarmRequest_AlarmAction.ACTIVATE, AlarmType.CORRUPT);
    const changes = [
      () => put(server, 'a', '2'),
      () => remove(server, 'a'),
      () => compact(server, 2),
      () => server.keyValues.txn(txnOf('put')),
    ];
    for (const change of changes) await expect(change()).rejects.toThrow(ERRORS.Corrupt.message);
    expect(await get(server, 'a')).toBe('1');
    await alarm(server, AlarmRequest_AlarmAction.DEACTIVATE, AlarmType.CORRUPT);
    expect(await put(server, 'a', '2')).toBe(3);
  });

  it('of kinds and actions nobody knows pass through the log without stopping the member', async () => {
    const directory = fixture.directory();
    const { member } = await fixture.start(directory);
    const { server } = member;
    const unknownAction = 77 as AlarmRequest_AlarmAction;
    expect((await alarm(server, unknownAction, AlarmType.NOSPACE)).alarms).toEqual([]);
    expect((await alarm(server, 1, 99 as AlarmType)).alarms).toHaveLength(1);
    expect((await server.maintenance.status()).errors).toEqual([
      expect.stringContaining('alarm:99'),
    ]);
    expect(await put(server, 'a', '1')).toBe(2);
    await member.stop();
    const again = await fixture.start(directory);
    expect((await alarm(again.member.server, 2, 99 as AlarmType)).alarms).toHaveLength(1);
    expect(again.member.server.facts.activeAlarms()).toEqual([]);
  });
});

describe('a comparison with a target nobody knows', () => {
  it.each([
    ['equal', 0, true],
    ['greater', 1, false],
    ['less', 2, false],
    ['not equal', 3, false],
    ['an unknown result', 42, true],
  ])('is decided as by etcd, to which it is equal: %s', async (_, code, holds) => {
    const { member } = await fixture.start(fixture.directory());
    const request = txnOf('put');
    const result = code as Compare_CompareResult;
    const compare = { key: Buffer.from('a'), result };
    const target = 99 as Compare_CompareTarget;
    const txn = { ...request, compare: [{ ...compare, target }] };
    expect((await member.server.keyValues.txn(TxnRequest.fromPartial(txn))).succeeded).toBe(holds);
    expect(await put(member.server, 'b', '1')).toBeGreaterThan(1);
  });
});

function txnOf(kind: 'put'): TxnRequest {
  const value = { key: Buffer.from(kind), value: Buffer.from('x') };
  const success = [{ request: { $case: 'requestPut' as const, value } }];
  return TxnRequest.fromPartial({ success });
}
