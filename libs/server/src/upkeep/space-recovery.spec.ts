import { MemberId, SILENT_LOGGER } from '@etcd-ts/foundation';
import { ManualTime } from '@etcd-ts/manual-time';
import { AlarmRequest_AlarmAction, AlarmType } from '@etcd-ts/wire-protocol';

import { Alarms } from '../alarms.js';
import { Quota } from '../quota.js';
import { endNoSpaceAlarm } from './space-recovery.js';

const LOCAL = MemberId(1n);
const OTHER = MemberId(2n);
const LIMIT_BYTES = 1_000;

function setUp(limitBytes = LIMIT_BYTES) {
  const time = new ManualTime();
  const alarms = new Alarms({
    bucketGet: () => undefined,
    bucketPut: () => undefined,
    bucketDelete: () => undefined,
    bucketEntries: () => [],
  });
  const state = { sizeBytes: LIMIT_BYTES, proposals: 0, isRefused: false };
  const cancel = endNoSpaceAlarm({
    alarms,
    quota: new Quota(limitBytes, () => state.sizeBytes),
    localId: LOCAL,
    scheduler: time,
    logger: SILENT_LOGGER,
    propose: async ({ action, memberID, alarm }) => {
      expect(action).toBe(AlarmRequest_AlarmAction.DEACTIVATE);
      state.proposals++;
      if (state.isRefused) throw new Error('no leader');
      alarms.deactivate(MemberId(memberID), alarm);
    },
    stopped: () => false,
  });
  const passed = (seconds: number) => time.advance(seconds * 1000);
  return { alarms, state, passed, cancel };
}

describe('the NOSPACE alarm of this member', () => {
  it('ends once its state has been below nine tenths of the quota for two looks', async () => {
    const { alarms, state, passed } = setUp();
    alarms.activate(LOCAL, AlarmType.NOSPACE);
    state.sizeBytes = 900;
    await passed(60);
    expect(alarms.isActive(AlarmType.NOSPACE)).toBe(true);
    state.sizeBytes = 899;
    await passed(5);
    expect(alarms.isActive(AlarmType.NOSPACE)).toBe(true);
    await passed(5);
    expect(alarms.isActive(AlarmType.NOSPACE)).toBe(false);
    await passed(60);
    expect(state.proposals).toBe(1);
  });

  it('stays when the room was there for one look only', async () => {
    const { alarms, state, passed } = setUp();
    alarms.activate(LOCAL, AlarmType.NOSPACE);
    for (let i = 0; i < 10; i++) {
      state.sizeBytes = i % 2 === 0 ? 100 : 950;
      await passed(5);
    }
    expect(state.proposals).toBe(0);
    expect(alarms.isActive(AlarmType.NOSPACE)).toBe(true);
  });

  it('is tried again when the cluster took no proposal', async () => {
    const { alarms, state, passed } = setUp();
    alarms.activate(LOCAL, AlarmType.NOSPACE);
    state.sizeBytes = 10;
    state.isRefused = true;
    await passed(20);
    expect(state.proposals).toBeGreaterThan(1);
    state.isRefused = false;
    await passed(5);
    expect(alarms.list(AlarmType.NONE)).toEqual([]);
  });

  it('ends when there is no limit any more', async () => {
    const { alarms, passed } = setUp(-1);
    alarms.activate(LOCAL, AlarmType.NOSPACE);
    await passed(10);
    expect(alarms.list(AlarmType.NONE)).toEqual([]);
  });

  it('is no business of the alarms of others, and of other alarms', async () => {
    const { alarms, state, passed } = setUp();
    state.sizeBytes = 10;
    alarms.activate(OTHER, AlarmType.NOSPACE);
    alarms.activate(LOCAL, AlarmType.CORRUPT);
    await passed(60);
    expect([alarms.list(AlarmType.NONE).length, state.proposals]).toEqual([2, 0]);
  });
});
