import { mkdirSync } from 'node:fs';
import { join } from 'node:path';

import {
  createScratchDirectory,
  EtcdProcess,
  removeScratchDirectory,
  runCommand,
} from '@etcd-ts/testkit';

import { AcknowledgedPuts } from './acknowledged-puts.js';
import { expectFatalEnd } from './fatal-end.js';

/** strace runs beside the node (-D), so that the process the test sees is the node itself. */
function failing(calls: string, error: string, from: number): readonly string[] {
  const inject = `inject=${calls}:error=${error}:when=${from}+`;
  return ['strace', '-D', '-f', '-qq', '-o', '/dev/null', '-e', `trace=${calls}`, '-e', inject];
}

describe('a disk that fails', () => {
  let folder = '';
  beforeEach(() => {
    folder = createScratchDirectory('disk');
  });
  afterEach(() => removeScratchDirectory(folder));

  // A failed fsync may have dropped the pages it was for: to try again would succeed and lose them.
  it.each([
    ['fdatasync,fsync', 'EIO', 30],
    ['fdatasync,fsync', 'ENOSPC', 60],
    ['pwrite64,pwritev,pwritev2', 'ENOSPC', 60],
    ['pwrite64,pwritev,pwritev2', 'EIO', 90],
  ])(
    'by %s with %s ends the node, and nothing acknowledged is lost',
    async (calls, error, from) => {
      const dataDir = join(folder, 'data');
      const puts = new AcknowledgedPuts();
      const node = await EtcdProcess.start({
        flavour: 'ours',
        dataDir,
        wrapper: failing(calls, error, from),
      });
      try {
        expect(await puts.putUntilRefused(node, 5_000)).toBeDefined();
        expect(puts.count).toBeGreaterThan(0);
        await expectFatalEnd(node, error);
      } finally {
        await node.dispose();
      }
      const again = await EtcdProcess.start({ flavour: 'ours', dataDir });
      try {
        expect(await puts.missingIn(again)).toEqual([]);
      } finally {
        await again.dispose();
      }
    },
  );
});

describe('a disk that is full', () => {
  const folder = createScratchDirectory('full');
  const mount = join(folder, 'mount');

  beforeAll(async () => {
    mkdirSync(mount);
    // Room for the log's preallocated segments and a little data.
    await expectRun('mount', ['-t', 'tmpfs', '-o', 'size=160m', 'tmpfs', mount]);
  });
  afterAll(async () => {
    await runCommand('umount', [mount]);
    removeScratchDirectory(folder);
  });

  it('ends the node or refuses writes, and with room again all acknowledged writes are there', async () => {
    const dataDir = join(mount, 'data');
    const puts = new AcknowledgedPuts(1_000_000);
    const node = await EtcdProcess.start({ flavour: 'ours', dataDir });
    try {
      const refused = await puts.putUntilRefused(node, 1_000);
      expect(refused).toBeDefined();
      expect(puts.count).toBeGreaterThan(0);
      if (node.obituary() !== undefined) await expectFatalEnd(node, 'ENOSPC');
    } finally {
      await node.dispose();
    }
    await expectRun('mount', ['-o', 'remount,size=1g', mount]);
    const again = await EtcdProcess.start({ flavour: 'ours', dataDir });
    try {
      expect(await puts.missingIn(again)).toEqual([]);
    } finally {
      await again.dispose();
    }
  });
});

async function expectRun(file: string, args: readonly string[]): Promise<void> {
  const { exitCode, stderr } = await runCommand(file, args);
  expect({ file, exitCode, stderr }).toEqual({ file, exitCode: 0, stderr: '' });
}
