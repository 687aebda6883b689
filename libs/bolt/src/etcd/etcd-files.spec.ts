import { encodeRevisionKey, ETCD_BUCKETS, fromBinaryString } from '@etcd-ts/foundation';
import { BoltReader } from '../reader/bolt-reader.js';
import { type Entries, finish, openFile, readFrom, writeFile } from '../testing/memory-file.js';
import { planBolt } from '../writer/bolt-plan.js';
import { withEmptyBuckets } from './buckets.js';
import { snapshotExtent } from './snapshot-file.js';
import { summarizeSnapshot } from './snapshot-summary.js';

describe('a snapshot', () => {
  it('shows by its size whether a digest follows the database', () => {
    expect(snapshotExtent(20_480)).toEqual({ databaseBytes: 20_480, hasDigest: false });
    expect(snapshotExtent(20_512)).toEqual({ databaseBytes: 20_480, hasDigest: true });
  });

  it('is given the buckets it lacks', () => {
    const key = { name: 'key', sizes: () => [], entries: () => [] };
    const own = { name: 'own', sizes: () => [], entries: () => [] };
    const plan = finish(planBolt(withEmptyBuckets([own, key]), { pageSizeBytes: 4096 }));
    const file = Buffer.concat([...plan.chunks()]);
    expect(openFile(file).bucketNames()).toEqual([...ETCD_BUCKETS, 'own']);
  });

  it('may be read with its digest still on', () => {
    const file = writeFile({ key: [] });
    const saved = Buffer.concat([file, Buffer.alloc(32, 0xee)]);
    expect(BoltReader.open(readFrom(saved), saved.length).databaseBytes).toBe(file.length);
  });
});

/** A stored KeyValue of nothing but its key. */
const row = (main: number, key: Buffer, tombstone = false): Entries[0] => {
  const length = key.length < 128 ? [key.length] : [(key.length % 128) | 0x80, key.length >> 7];
  return [encodeRevisionKey({ main, sub: 0, tombstone }), Buffer.from([0x0a, ...length, ...key])];
};

describe('the summary of a snapshot', () => {
  const [a, b, long] = ['a', 'b', 'l'.repeat(300)].map((name) => Buffer.from(name));
  const summarize = (contents: Readonly<Record<string, Entries>>) =>
    finish(summarizeSnapshot(openFile(writeFile(contents))));

  it('counts the keys that are alive, and the entries of all buckets', () => {
    const key = [row(2, a as Buffer), row(3, b as Buffer), row(4, long as Buffer)];
    key.push(row(5, a as Buffer, true), row(7, long as Buffer), row(8, b as Buffer, true));
    const version = [Buffer.from('storageVersion'), Buffer.from('3.6.0')] as const;
    expect(summarize({ key, meta: [version] })).toMatchObject({
      revision: 8,
      liveKeys: 1,
      entries: 7,
      storageVersion: '3.6.0',
    });
    expect(summarize({})).toMatchObject({ revision: 0, liveKeys: 0, entries: 0, hash: 0 });
  });

  it('takes its revision from the row without content by which a restore has raised it', () => {
    const raised: Entries[0] = [
      encodeRevisionKey({ main: 1000, sub: 0, tombstone: false }),
      Buffer.alloc(0),
    ];
    const rows = [row(2, a as Buffer), raised];
    expect(summarize({ key: rows })).toMatchObject({ revision: 1000, entries: 2 });
  });

  it.each([
    ['a key that is no revision', [Buffer.from('x'), Buffer.from('\n\x01a')]],
    [
      'a value without a key',
      [encodeRevisionKey({ main: 2, sub: 0, tombstone: false }), Buffer.from('\x10\x02')],
    ],
    [
      'a key longer than its value',
      [encodeRevisionKey({ main: 2, sub: 0, tombstone: false }), Buffer.from('\n\x05a')],
    ],
    [
      'a length without end',
      [
        encodeRevisionKey({ main: 2, sub: 0, tombstone: false }),
        fromBinaryString('\n\xff\xff\xff\xff\xff\xff\x01'),
      ],
    ],
  ] as [string, [Buffer, Buffer]][])('cannot be made of a file with %s', (_, entry) => {
    expect(() => summarize({ key: [entry] })).toThrow(
      expect.objectContaining({ name: 'BoltError', code: 'damaged' }),
    );
  });
});
