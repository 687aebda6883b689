import {
  cpSync,
  openSync,
  closeSync,
  readdirSync,
  readFileSync,
  readSync,
  rmSync,
  statSync,
  truncateSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';

import { SeededRng } from '@etcd-ts/foundation';
import { createScratchDirectory, EtcdProcess, removeScratchDirectory } from '@etcd-ts/testkit';

import { AcknowledgedPuts } from './acknowledged-puts.js';
import { expectFatalEnd, fatalLine } from './fatal-end.js';

const PUTS = 300;
const BIT_FLIPS = 12;
const SECTOR_BYTES = 512;

const folder = createScratchDirectory('damage');
const pristine = join(folder, 'pristine');
const dataDir = join(folder, 'data');
const puts = new AcknowledgedPuts();

beforeAll(async () => {
  const node = await EtcdProcess.start({ flavour: 'ours', dataDir: pristine });
  await puts.putUntilRefused(node, PUTS);
  await node.stop('SIGTERM');
});
beforeEach(() => {
  rmSync(dataDir, { recursive: true, force: true });
  cpSync(pristine, dataDir, { recursive: true });
});
afterAll(() => removeScratchDirectory(folder));

function walFile(): string {
  const wal = join(dataDir, 'member', 'wal');
  const name = readdirSync(wal).find((file) => file.endsWith('.wal'));
  return join(wal, name ?? 'no .wal file');
}

/** The largest file there is beside the log: the database, whatever its name. */
function databaseFile(): string {
  const snap = join(dataDir, 'member', 'snap');
  const files = readdirSync(snap).map((name) => join(snap, name));
  return files.sort((a, b) => statSync(b).size - statSync(a).size)[0] ?? 'no database file';
}

/** Where the preallocated file stops having content. */
function contentLength(file: string): number {
  const bytes = readFileSync(file);
  let end = bytes.length;
  while (end > 0 && bytes[end - 1] === 0) end--;
  return end;
}

function write(file: string, offset: number, bytes: Buffer): void {
  const handle = openSync(file, 'r+');
  writeSync(handle, bytes, 0, bytes.length, offset);
  closeSync(handle);
}

function flipBit(file: string, offset: number, bit: number): void {
  const handle = openSync(file, 'r+');
  const byte = Buffer.alloc(1);
  readSync(handle, byte, 0, 1, offset);
  byte[0] = (byte[0] ?? 0) ^ (1 << bit);
  writeSync(handle, byte, 0, 1, offset);
  closeSync(handle);
}

async function expectRefused(words: RegExp): Promise<void> {
  const node = await EtcdProcess.launch({ flavour: 'ours', dataDir });
  try {
    await expectFatalEnd(node, words);
  } finally {
    await node.dispose();
  }
}

async function expectIntact(): Promise<void> {
  const node = await EtcdProcess.start({ flavour: 'ours', dataDir });
  try {
    expect(await puts.missingIn(node)).toEqual([]);
  } finally {
    await node.dispose();
  }
}

describe('a damaged log', () => {
  it('whose last record is torn is repaired, and the node starts', async () => {
    truncateSync(walFile(), contentLength(walFile()) - 3);
    await expectIntact();
  });

  it('that goes on after a lost sector was torn: what came after it is dropped, the rest kept', async () => {
    const file = walFile();
    const lost = Math.ceil(contentLength(file) / SECTOR_BYTES) * SECTOR_BYTES;
    write(file, lost + SECTOR_BYTES, Buffer.alloc(SECTOR_BYTES, 'garbage'));
    await expectIntact();
  });

  it('with garbage in the sector of its last record is refused: no tear leaves that', async () => {
    const file = walFile();
    const end = Math.ceil(contentLength(file) / 8) * 8;
    // A record may fill its sector to the end; then the garbage is in the record.
    const place = end % SECTOR_BYTES === 0 ? end - 8 : end + 8;
    write(file, place, Buffer.from('garbage'));
    await expectRefused(/\.wal.*\d+/);
  });

  it.each([0.3, 0.5, 0.8])(
    'with a bit flipped at %d of its content is refused, naming the file and the place',
    async (part) => {
      const file = walFile();
      // In a record: what pads one to eight bytes says nothing, and no checksum covers it.
      const place = readFileSync(file).indexOf('key-', Math.floor(contentLength(file) * part));
      expect(place).toBeGreaterThan(0);
      flipBit(file, place, 3);
      await expectRefused(/\.wal.*\d+/);
    },
  );

  it('that is cut off in the middle is never taken for a shorter history without a word', async () => {
    const file = walFile();
    truncateSync(file, Math.floor(contentLength(file) / 2));
    const node = await EtcdProcess.launch({ flavour: 'ours', dataDir });
    try {
      const started = await node.ready().then(
        () => true,
        () => false,
      );
      // The database may still know all of it. Then nothing is lost.
      if (started) expect(await puts.missingIn(node)).toEqual([]);
      else expect(fatalLine(node)).toBeDefined();
    } finally {
      await node.dispose();
    }
  });
});

describe('a damaged database', () => {
  it('that is cut off is refused', async () => {
    const file = databaseFile();
    truncateSync(file, Math.floor(statSync(file).size / 2));
    await expectRefused(/./);
  });

  it('whose first page is overwritten is refused', async () => {
    write(databaseFile(), 0, Buffer.alloc(4096, 'no database'));
    await expectRefused(/./);
  });

  it('with one flipped bit is refused, or the flip changed nothing: never a wrong answer', async () => {
    const rng = new SeededRng(20_260_101);
    for (let flip = 0; flip < BIT_FLIPS; flip++) {
      rmSync(dataDir, { recursive: true, force: true });
      cpSync(pristine, dataDir, { recursive: true });
      const file = databaseFile();
      const offset = rng.below(statSync(file).size);
      const bit = rng.below(8);
      flipBit(file, offset, bit);
      const node = await EtcdProcess.launch({ flavour: 'ours', dataDir });
      try {
        const started = await node.ready().then(
          () => true,
          () => false,
        );
        const wrong = started ? await puts.missingIn(node) : [];
        expect({ offset, bit, wrong }).toEqual({ offset, bit, wrong: [] });
        if (!started) expect(fatalLine(node)).toBeDefined();
      } finally {
        await node.dispose();
      }
    }
  });
});
