import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { Clock } from '@etcd-ts/foundation';
import { createLogger } from './create.js';
import type { LoggerOptions, NodeLogger } from './create.js';
import { RotatingFileSink } from './file-sink.js';

const clock: Clock = { monotonicMs: () => 0, wallMs: () => 0 };

let directory: string;
beforeEach(() => (directory = mkdtempSync(join(tmpdir(), 'log-'))));
afterEach(() => rmSync(directory, { recursive: true }));

const options = (over: Partial<LoggerOptions>): LoggerOptions => ({
  level: 'info',
  outputs: [],
  format: 'json',
  clock,
  ...over,
});

function create(over: Partial<LoggerOptions>): NodeLogger {
  const outcome = createLogger(options(over));
  if (outcome.kind === 'error') throw new Error(outcome.message);
  return outcome.logger;
}

const refusal = (over: Partial<LoggerOptions>): unknown => createLogger(options(over));

describe('a logger', () => {
  it('writes what is at least as severe as its level, into every output', () => {
    const outputs = [join(directory, 'a.log'), join(directory, 'b.log')];
    const logger = create({ outputs, level: 'warn', caller: 'server/node' });
    logger.info('not this');
    logger.warn('this');
    logger.named('storage/wal').error('and this', { took: '1s' });
    const expected =
      '{"level":"warn","ts":"1970-01-01T00:00:00.000000Z","caller":"server/node","msg":"this"}\n' +
      '{"level":"error","ts":"1970-01-01T00:00:00.000000Z","caller":"storage/wal","msg":"and this","took":"1s"}\n';
    for (const path of outputs) expect(readFileSync(path, 'utf8')).toBe(expected);
    logger.close();
    logger.close();
    logger.error('after its end it is silent');
    expect(readFileSync(outputs[0] ?? '', 'utf8')).toBe(expected);
  });

  it('appends to the file that is there', () => {
    const path = join(directory, 'etcd.log');
    writeFileSync(path, 'old\n');
    const logger = create({ outputs: [path], format: 'console' });
    logger.fatal('new');
    expect(readFileSync(path, 'utf8')).toMatch(/^old\n.*\tfatal\tnew\n$/);
    logger.close();
  });
});

describe('outputs that cannot be', () => {
  it('are refused in the words of etcd', () => {
    expect(refusal({ outputs: ['default', 'stderr'] })).toEqual({
      kind: 'error',
      message: 'multi logoutput for "default" is not supported yet',
    });
    const missing = join(directory, 'none', 'etcd.log');
    expect(refusal({ outputs: [missing] })).toEqual({
      kind: 'error',
      message: `open sink "${missing}": open ${missing}: no such file or directory`,
    });
    expect(refusal({ outputs: ['tcp://x'] })).toEqual({
      kind: 'error',
      message: 'open sink "tcp://x": no sink found for scheme "tcp"',
    });
    expect(refusal({ outputs: ['systemd/journal'] })).toMatchObject({ kind: 'error' });
  });

  it('are several files, or none, when the log rotates', () => {
    for (const outputs of [['stderr'], [], [join(directory, 'a'), join(directory, 'b')]]) {
      expect(refusal({ outputs, rotationJson: '{}' })).toEqual({
        kind: 'error',
        message:
          '--log-outputs requires a single file path when --log-rotate-config-json is defined',
      });
    }
  });
});

describe('a rotating file', () => {
  const rotation = {
    maxSizeMegabytes: 1,
    maxAgeDays: 0,
    maxBackups: 2,
    localTime: false,
    compress: true,
  };

  it('never outgrows its limit, keeps the newest files compressed, and loses no kept line', async () => {
    let now = 0;
    const path = join(directory, 'logs', 'etcd.log');
    const sink = new RotatingFileSink(
      path,
      rotation,
      { ...clock, wallMs: () => now++ },
      () => 'dropped\n',
    );
    const line = (i: number): string => `${String(i).padStart(9, '0')} ${'x'.repeat(99_989)}\n`;
    const total = 45;
    for (let i = 0; i < total; i++) sink.write(line(i));
    await sink.housekeepingDone();
    sink.close();

    const names = readdirSync(join(directory, 'logs')).sort();
    expect(names).toHaveLength(3);
    expect(names.filter((name) => name.endsWith('.log.gz'))).toHaveLength(2);
    const kept = names.map((name) => {
      const bytes = readFileSync(join(directory, 'logs', name));
      const content = name.endsWith('.gz') ? gunzipSync(bytes) : bytes;
      expect(content.length).toBeLessThanOrEqual(1024 * 1024);
      return content.toString();
    });
    expect(kept.join('')).toBe(Array.from({ length: 25 }, (_, i) => line(total - 25 + i)).join(''));
  });
});
