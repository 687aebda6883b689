import { MemberId, SILENT_LOGGER } from '@etcd-ts/foundation';
import { SimulatedStorage } from '@etcd-ts/storage';
import { AlarmType } from '@etcd-ts/wire-protocol';
import { Alarms } from './alarms.js';

describe('alarms', () => {
  it('are listed alike by who has seen them raised and by who has read them from disk', () => {
    const { files } = new SimulatedStorage();
    const clock = { monotonicMs: () => 0, wallMs: () => 0 };
    const backend = files.openBackend('/db', { logger: SILENT_LOGGER, clock, mustExist: false });
    const raised = new Alarms(backend);
    for (const [member, type] of [
      [9n, AlarmType.CORRUPT],
      [300n, AlarmType.NOSPACE],
      [2n, AlarmType.NOSPACE],
      [2n ** 63n, AlarmType.CORRUPT],
    ] as const) {
      raised.activate(MemberId(member), type);
    }
    const names = (alarms: Alarms) =>
      alarms.list(AlarmType.NONE).map(({ memberID, alarm }) => `${alarm} ${memberID}`);
    expect(names(new Alarms(backend))).toEqual(names(raised));
    expect(names(raised)).toEqual(['1 2', '1 300', '2 9', `2 ${2n ** 63n}`]);
  });
});
