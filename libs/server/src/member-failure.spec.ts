import { Backend, SnapshotFiles, Wal } from '@etcd-ts/storage';
import { ERRORS, InternalRaftRequest } from '@etcd-ts/wire-protocol';

import { MemberFixture } from './testing/member-fixture.js';
import { contents, get, put } from './testing/requests.js';

const fixture = new MemberFixture();
afterEach(async () => {
  jest.restoreAllMocks();
  await fixture.close();
});
const failure = (): Error => new Error('EIO: i/o error, fdatasync');

describe('a member whose log cannot be written', () => {
  it('acknowledges nothing more, though later writes would succeed', async () => {
    const directory = fixture.directory();
    const { member, lines } = await fixture.start(directory);
    await put(member.server, 'a', '1');
    jest.spyOn(Wal.prototype, 'sync').mockRejectedValueOnce(failure());
    const writes = [put(member.server, 'a', '2'), put(member.server, 'b', '2')];
    for (const write of writes) await expect(write).rejects.toThrow(ERRORS.Stopped.message);
    expect((await member.stopped)?.message).toContain('EIO');
    await expect(put(member.server, 'a', '3')).rejects.toThrow(ERRORS.Stopped.message);
    await expect(get(member.server, 'a')).rejects.toThrow(ERRORS.Stopped.message);
    await expect(get(member.server, 'a', { serializable: true })).rejects.toThrow(
      ERRORS.Stopped.message,
    );
    expect(lines.at(-1)).toMatchObject({ level: 'error' });

    // It has let go of its directory once it is told to stop.
    await member.stop();
    const again = await fixture.start(directory);
    expect((await contents(again.member.server)).get('b') ?? '2').toBe('2');
  });

  it('tells of a failure that comes while it stops', async () => {
    const { member } = await fixture.start(fixture.directory());
    jest.spyOn(Wal.prototype, 'sync').mockImplementationOnce(async () => {
      await new Promise<void>((done) => setImmediate(done));
      throw failure();
    });
    const write = put(member.server, 'a', '1');
    write.catch(() => undefined);
    await new Promise<void>((done) => setImmediate(done));
    await member.stop();
    expect((await member.stopped)?.message).toContain('EIO');
    await expect(write).rejects.toThrow(ERRORS.Stopped.message);
  });

  it('rejects readiness when it fails before', async () => {
    const directory = fixture.directory();
    const { member } = await fixture.start(directory);
    await member.stop();
    jest.spyOn(Wal.prototype, 'sync').mockRejectedValue(failure());
    await expect(fixture.start(directory)).rejects.toThrow('EIO');
  });
});

describe('a member whose backend fails', () => {
  it('stops, leaves the backend as it is, and loses nothing acknowledged', async () => {
    const directory = fixture.directory();
    const { member } = await fixture.start(directory, { backendBatchIntervalMs: 50 });
    await put(member.server, 'a', '1');
    jest.spyOn(Backend.prototype, 'failed', 'get').mockReturnValue(true);
    const close = jest.spyOn(Backend.prototype, 'close');
    jest.spyOn(Backend.prototype, 'commitStep').mockImplementation(() => {
      throw new Error('SQLITE_IOERR');
    });
    await Promise.allSettled([put(member.server, 'b', '1')]);
    expect((await member.stopped)?.message).toContain('SQLITE_IOERR');
    await member.stop();
    expect(close).not.toHaveBeenCalled();
    jest.restoreAllMocks();
    const again = await fixture.start(fixture.crashedCopy(directory));
    expect(await get(again.member.server, 'a')).toBe('1');
  });

  it('stops when a snapshot cannot be saved, and goes on with the whole log after it', async () => {
    const directory = fixture.directory();
    const { member } = await fixture.start(directory, { snapshotCount: 5 });
    jest.spyOn(SnapshotFiles.prototype, 'save').mockRejectedValue(new Error('ENOSPC'));
    const writes = Array.from({ length: 10 }, (_, i) => put(member.server, `k${i}`, `${i}`));
    await Promise.allSettled(writes);
    expect((await member.stopped)?.message).toContain('ENOSPC');
    await member.stop();
    jest.restoreAllMocks();
    const again = await fixture.start(directory);
    expect((await contents(again.member.server)).size).toBe(10);
  });
});

describe('a start that fails half-way', () => {
  it('closes what it had opened', async () => {
    const directory = fixture.directory();
    const { member } = await fixture.start(directory);
    await put(member.server, 'a', '1');
    await member.stop();
    jest.spyOn(Backend.prototype, 'scanRevisions').mockImplementation(() => {
      throw new Error('SQLITE_CORRUPT');
    });
    await expect(fixture.start(directory)).rejects.toThrow('SQLITE_CORRUPT');
    jest.restoreAllMocks();
    expect(await get((await fixture.start(directory)).member.server, 'a')).toBe('1');
  });
});

describe('an entry that cannot be applied', () => {
  it('stops the member, at every start, instead of being skipped', async () => {
    const directory = fixture.directory();
    const first = await fixture.start(directory, { backendBatchIntervalMs: 3_600_000 });
    await put(first.member.server, 'a', '1');
    const copy = fixture.crashedCopy(directory);
    jest.spyOn(InternalRaftRequest, 'decode').mockImplementation(() => {
      throw new Error('malformed');
    });
    for (let attempt = 0; attempt < 2; attempt++) {
      await expect(fixture.start(copy)).rejects.toThrow(/log entry \d+ is no request/u);
      await fixture.stopAll();
    }
    jest.restoreAllMocks();
    expect(await get((await fixture.start(copy)).member.server, 'a')).toBe('1');
  });
});
