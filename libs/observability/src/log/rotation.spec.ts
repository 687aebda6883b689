import { backupName, backupTime, expiredBackups, parseLogRotation } from './rotation.js';

const DAY_MS = 24 * 3600 * 1000;

describe('the rotation settings', () => {
  it('are read from the default of the flag', () => {
    const text =
      '{"maxsize": 100, "maxage": 0, "maxbackups": 0, "localtime": false, "compress": false}';
    expect(parseLogRotation(text)).toEqual({
      kind: 'ok',
      rotation: {
        maxSizeMegabytes: 100,
        maxAgeDays: 0,
        maxBackups: 0,
        localTime: false,
        compress: false,
      },
    });
  });

  it('may leave out what they do not change', () => {
    expect(parseLogRotation('{"MaxSize":1,"compress":true,"else":[]}')).toMatchObject({
      rotation: { maxSizeMegabytes: 1, compress: true, maxBackups: 0 },
    });
  });

  it.each(['{"maxsize":', '{"maxsize":"1"}', '{"maxsize":1.5}', '{"compress":1}', '[]', '3'])(
    'refuse %s',
    (text) => {
      expect(parseLogRotation(text)).toMatchObject({
        kind: 'error',
        message: expect.stringMatching(/^(improperly formatted|invalid) log rotation config: /),
      });
    },
  );
});

describe('the name of a set-aside file', () => {
  it('carries the time, and the time is read back from it', () => {
    const wallMs = Date.UTC(2026, 10, 21, 1, 2, 3, 45);
    expect(backupName('etcd.log', wallMs, false)).toBe('etcd-2026-11-21T01-02-03.045.log');
    for (const localTime of [false, true]) {
      for (const name of ['etcd.log', 'etcd', 'a.b.c']) {
        const backup = backupName(name, wallMs, localTime);
        expect(backupTime(name, backup, localTime)).toBe(wallMs);
        expect(backupTime(name, `${backup}.gz`, localTime)).toBe(wallMs);
      }
    }
  });

  it.each(['etcd.log', 'etcd-.log', 'etcd-old.log', 'other-2026-11-21T01-02-03.045.log'])(
    'is not %s',
    (name) => {
      expect(backupTime('etcd.log', name, false)).toBeUndefined();
    },
  );
});

describe('the files to remove', () => {
  const backups = [1, 2, 3, 4].map((age) => ({ name: `age ${age}`, wallMs: -age * DAY_MS }));
  const rotation = (maxBackups: number, maxAgeDays: number) => ({
    maxSizeMegabytes: 1,
    maxBackups,
    maxAgeDays,
    localTime: false,
    compress: false,
  });
  const names = (maxBackups: number, maxAgeDays: number): readonly string[] =>
    expiredBackups(backups, rotation(maxBackups, maxAgeDays), 0).map(({ name }) => name);

  it('are the oldest beyond the number, and those beyond the age; none without limits', () => {
    expect(names(0, 0)).toEqual([]);
    expect(names(3, 0)).toEqual(['age 4']);
    expect(names(0, 2)).toEqual(['age 3', 'age 4']);
    expect(names(1, 3)).toEqual(['age 2', 'age 3', 'age 4']);
  });
});
