import { SeededRng } from '@etcd-ts/foundation';
import { WalFailedError } from '../storage-error.js';
import { CrashDisk } from '../simulation/crash-disk.js';
import { entry, METADATA, walOptions, ZERO } from '../testing/wal-fixture.js';
import { Wal } from './wal.js';

const DIR = '/member/wal';

/** A log whose syncs take what the test says, and that tells which of them left the thread free. */
function timedLog(mayBlock = true) {
  const disk = new CrashDisk();
  const state = { nowMs: 0, syncMs: 0.1, syncs: 0, aside: 0 };
  const clock = { monotonicMs: () => state.nowMs, wallMs: () => 0 };
  const wal = Wal.create(DIR, METADATA, { ...walOptions(disk, 1 << 20), clock, mayBlock });
  disk.onSync = async () => {
    state.aside++;
  };
  disk.onOperation = (operation) => {
    if (operation !== 'sync') return;
    state.syncs++;
    state.nowMs += state.syncMs;
  };
  let index = 0;
  const save = (blocking = true): Promise<void> => {
    wal.append(undefined, [entry(++index)]);
    return wal.sync(blocking);
  };
  return { disk, wal, state, save };
}

async function becomeQuick({ save, state }: ReturnType<typeof timedLog>): Promise<void> {
  for (let i = 0; i < 8; i++) await save();
  expect(state.aside).toBe(8);
}

describe('a sync that may block', () => {
  it('is waited for in place once eight in a row were quick', async () => {
    const log = timedLog();
    await becomeQuick(log);
    for (let i = 0; i < 20; i++) await log.save();
    expect(log.state).toMatchObject({ syncs: 28, aside: 8 });
  });

  it('leaves the thread free again after a slow one', async () => {
    const log = timedLog();
    await becomeQuick(log);
    log.state.syncMs = 3;
    await log.save();
    expect(log.state.aside).toBe(8);
    log.state.syncMs = 0.1;
    for (let i = 0; i < 8; i++) await log.save();
    expect(log.state.aside).toBe(16);
    await log.save();
    expect(log.state.aside).toBe(16);
  });

  it('is durable when it resolves: a loss of power takes nothing of it', async () => {
    const log = timedLog();
    await becomeQuick(log);
    await log.save();
    expect(log.state.aside).toBe(8);
    const rest = log.disk.crash('nothing', new SeededRng(1));
    expect(Wal.open(DIR, ZERO, walOptions(rest)).entries).toHaveLength(9);
  });

  it('is final when it fails, as any other', async () => {
    const log = timedLog();
    await becomeQuick(log);
    log.disk.onOperation = (operation) => {
      if (operation === 'sync') throw new Error('EIO');
    };
    await expect(log.save()).rejects.toBeInstanceOf(WalFailedError);
    await expect(log.wal.sync(true)).rejects.toBeInstanceOf(WalFailedError);
    expect(log.wal.failed).toBe(true);
  });

  it.each([
    ['its caller has other things to do', true, false],
    ['the disk has no business with this clock', false, true],
  ])('never blocks where %s', async (_why, mayBlock, blocking) => {
    const log = timedLog(mayBlock);
    for (let i = 0; i < 20; i++) await log.save(blocking);
    expect(log.state).toMatchObject({ syncs: 20, aside: 20 });
  });
});
