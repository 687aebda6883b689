import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import { join } from 'node:path';
import { DataDirectory } from './data-directory.js';
import {
  recordingLogger,
  TEST_CLOCK,
  temporaryDirectories,
} from './testing/temporary-directory.js';
import { METADATA, ZERO } from './testing/wal-fixture.js';
import { Wal } from './wal/wal.js';

const directory = temporaryDirectories();

/** Takes the same lock from another process, by the system's own tool for it. */
const HOLD_LOCK = `
  const koffi = require('koffi'); const fs = require('fs');
  const fcntl = koffi.load(null).func('int fcntl(int fd, int command, ...)');
  const whole = Buffer.alloc(32); whole.writeInt16LE(1, 0);
  const fd = fs.openSync(process.argv[1], 'r+');
  console.log(fcntl(fd, 37, 'void *', whole));
  setInterval(() => undefined, 1000);
`;

describe('the data directory', () => {
  it('is created for its owner only, with its layout', () => {
    const dataDir = join(directory(), 'data.etcd');
    const opened = DataDirectory.open(dataDir, { logger: recordingLogger() });
    for (const path of [dataDir, opened.memberDir, opened.snapDir]) {
      expect(fs.statSync(path).mode & 0o777).toBe(0o700);
    }
    expect(opened.walDir).toBe(join(dataDir, 'member', 'wal'));
    expect(opened.hasWal()).toBe(false);
    const logger = recordingLogger();
    const wal = Wal.create(opened.walDir, METADATA, { logger, clock: TEST_CLOCK });
    expect(opened.hasWal()).toBe(true);
    expect(fs.statSync(opened.walDir).mode & 0o777).toBe(0o700);
    opened.close();
    return wal.close();
  });

  it('stores and reads a log on the real disk', async () => {
    const opened = DataDirectory.open(directory(), { logger: recordingLogger() });
    const options = { logger: recordingLogger(), clock: TEST_CLOCK };
    const wal = Wal.create(opened.walDir, METADATA, options);
    const file = join(opened.walDir, '0000000000000000-0000000000000000.wal');
    expect(fs.statSync(file)).toMatchObject({ size: 64_000_000 });
    expect(fs.statSync(file).mode & 0o777).toBe(0o600);
    expect(() => Wal.open(opened.walDir, ZERO, options)).toThrow('in use');
    await wal.close();
    expect(Buffer.from(Wal.open(opened.walDir, ZERO, options).metadata)).toEqual(METADATA);
  });

  it('belongs to one owner at a time', () => {
    const dataDir = directory();
    const first = DataDirectory.open(dataDir, { logger: recordingLogger() });
    expect(() => DataDirectory.open(dataDir, { logger: recordingLogger() })).toThrow(
      `data directory ${dataDir} is in use by another process`,
    );
    first.close();
    DataDirectory.open(dataDir, { logger: recordingLogger() }).close();
  });

  (process.platform === 'linux' ? it : it.skip)(
    'is free again when its owner is killed',
    async () => {
      const dataDir = directory();
      DataDirectory.open(dataDir, { logger: recordingLogger() }).close();
      const owner = spawn(process.execPath, ['-e', HOLD_LOCK, join(dataDir, 'member', 'lock')]);
      expect(String(await once(owner.stdout, 'data'))).toBe('0\n');
      expect(() => DataDirectory.open(dataDir, { logger: recordingLogger() })).toThrow('in use');
      owner.kill('SIGKILL');
      await once(owner, 'exit');
      DataDirectory.open(dataDir, { logger: recordingLogger() }).close();
    },
  );

  it('refuses a directory that holds a member and a proxy', () => {
    const dataDir = directory();
    fs.mkdirSync(join(dataDir, 'member'));
    fs.mkdirSync(join(dataDir, 'proxy'));
    expect(() => DataDirectory.open(dataDir, { logger: recordingLogger() })).toThrow(
      'invalid datadir; both member and proxy directories exist',
    );
  });

  it('warns of wide permissions and of names it does not know', () => {
    const dataDir = directory();
    fs.chmodSync(dataDir, 0o755);
    fs.writeFileSync(join(dataDir, 'notes.txt'), '');
    const logger = recordingLogger();
    DataDirectory.open(dataDir, { logger }).close();
    expect(logger.lines).toMatchObject([
      { level: 'warn', message: 'check file permission' },
      { message: 'found invalid file under data directory', fields: { filename: 'notes.txt' } },
    ]);
  });
});
