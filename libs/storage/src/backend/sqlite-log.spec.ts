import fs from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { temporaryDirectories } from '../testing/temporary-directory.js';
import { brokenFrame } from './sqlite-log.js';

const temporary = temporaryDirectories();

const PAGE_BYTES = 4096;
const HEADER_BYTES = 32;
const FRAME_BYTES = 24 + PAGE_BYTES;

/** A log of several commits, begun anew once over a longer one when asked. */
function logOf(commits: number, before = 0): Buffer {
  const file = join(temporary(), 'a.sqlite');
  const database = new Database(file);
  for (const pragma of [
    `page_size = ${PAGE_BYTES}`,
    'journal_mode = WAL',
    'wal_autocheckpoint = 0',
  ])
    database.pragma(pragma);
  database.exec('CREATE TABLE t (x)');
  const commit = database.prepare('INSERT INTO t VALUES (randomblob(3000))');
  for (let i = 0; i < before; i++) commit.run();
  if (before > 0) database.pragma('wal_checkpoint(RESTART)');
  for (let i = 0; i < commits; i++) commit.run();
  const log = fs.readFileSync(`${file}-wal`);
  database.close();
  return log;
}

function flipped(log: Buffer, at: number): Buffer {
  const copy = Buffer.from(log);
  copy[at] = (copy[at] ?? 0) ^ 0x10;
  return copy;
}

describe('the log of a state database', () => {
  it('is whole when SQLite has written it, also over the frames of an earlier one', () => {
    expect(brokenFrame(logOf(5))).toBeUndefined();
    expect(brokenFrame(logOf(3, 20))).toBeUndefined();
    expect(brokenFrame(Buffer.alloc(0))).toBeUndefined();
  });

  it('is broken at the frame in which a bit has flipped, wherever in it', () => {
    const log = logOf(6);
    const second = HEADER_BYTES + FRAME_BYTES;
    for (const at of [0, 6, 9, 15, 17, 23, 24, 1000, FRAME_BYTES - 1]) {
      expect(brokenFrame(flipped(log, second + at))).toBe(second);
    }
    expect(brokenFrame(flipped(log, log.length - 1))).toBe(log.length - FRAME_BYTES);
  });

  it('is broken from the beginning when its header is', () => {
    const log = logOf(2);
    for (const at of [0, 14, 17, 29]) expect(brokenFrame(flipped(log, at))).toBe(0);
  });
});
