import { flagsText } from './help-text.js';
import { ADVERTISE, config, flags, noticesOf } from './testing/parsing.js';

describe('the resolved configuration', () => {
  test('of no options at all', () => {
    expect(config({})).toMatchSnapshot();
  });

  test('takes the flags of former releases for the gates that they are now', () => {
    const argv = ['--experimental-initial-corrupt-check', '--feature-gates=CompactHashCheck=true'];
    const { initialCorruptCheck, compactHashCheck, leaseCheckpoint } = config({ argv });
    expect([initialCorruptCheck, compactHashCheck, leaseCheckpoint]).toEqual([true, true, false]);
    const env = { ETCD_EXPERIMENTAL_ENABLE_LEASE_CHECKPOINT: 'true' };
    expect(config({ env }).leaseCheckpoint).toBe(true);
  });

  test('founds a cluster of its own name, but only then', () => {
    expect(config({ argv: ['--name=n'] }).initialCluster).toBe('n=http://localhost:2380');
    const peer = ['--initial-advertise-peer-urls=http://a:2,http://a:1'];
    expect(config({ argv: ['--name=n', ...peer] }).initialCluster).toBe(
      'n=http://a:1,n=http://a:2',
    );
    expect(config({ argv: peer }).initialCluster).toBe('default=http://localhost:2380');
  });

  test('advertises the default host when it listens everywhere', () => {
    const argv = ['--name=n', '--listen-peer-urls=http://0.0.0.0:7'];
    const told = config({ argv, defaultHost: '10.0.0.3' });
    expect(told.initialAdvertisePeerUrls.map((url) => url.text)).toEqual(['http://10.0.0.3:7']);
    expect(told.initialCluster).toBe('n=http://10.0.0.3:7');
    expect(config({ argv }).initialCluster).toBe('n=http://localhost:2380');
  });

  test.each([
    ['revision', '10', { mode: 'revision', retentionRevisions: 10 }],
    ['periodic', '2', { mode: 'periodic', retentionMs: 7_200_000 }],
    ['periodic', '1m30s', { mode: 'periodic', retentionMs: 90_000 }],
    ['periodic', '0', { mode: 'off' }],
    ['revision', '0', { mode: 'off' }],
  ])('compacts by %s %s', (mode, retention, expected) => {
    const argv = [`--auto-compaction-mode=${mode}`, `--auto-compaction-retention=${retention}`];
    expect(config({ argv }).autoCompaction).toEqual(expected);
  });

  test.each([
    [['--quota-backend-bytes=-1'], { quotaBackendBytes: -1 }],
    [['--quota-backend-bytes=0x10'], { quotaBackendBytes: 16 }],
    [['--watch-progress-notify-interval=1ms'], { watchProgressNotifyIntervalMs: 100 }],
    [['--experimental-warning-apply-duration=1s'], { warningApplyDurationMs: 1000 }],
    [
      ['--experimental-warning-apply-duration=1s', '--warning-apply-duration=2s'],
      { warningApplyDurationMs: 2000 },
    ],
    [['--listen-client-urls=', ...ADVERTISE], { listenClientUrls: [{ port: 2379 }] }],
    [['--cors='], { cors: ['*'] }],
    [['--metrics=loud'], { metrics: 'basic' }],
    [['--log-level=DEBUG'], { logLevel: 'debug' }],
    [['--name=a', '--name', 'b'], { name: 'b', dataDir: 'b.etcd' }],
    [['--pre-vote=f', '--unsafe-no-fsync'], { preVote: false, unsafeNoFsync: true }],
  ])('%j', (argv, expected) => {
    expect(config({ argv })).toMatchObject(expected);
  });

  test('comes with what an operator should hear', () => {
    const argv = ['--quota-backend-bytes=9000000000', '--max-request-bytes=10485761', '--snapshot'];
    const heard = noticesOf(
      flags(...argv, '--v2-deprecation=gone', '--experimental-compaction-batch-limit=5'),
    );
    expect(heard).toEqual([
      'warn|flag is no longer supported - ignoring|snapshot',
      'warn|this option has a new name; the old one is accepted for now|--experimental-compaction-batch-limit|--compaction-batch-limit',
      'warn|ignoring an option without effect|--v2-deprecation|it has no effect since etcd 3.7',
      'warn|Running http and grpc server on single port. This is not recommended for production.',
      expect.stringMatching(/^warn\|it isn't recommended to use default name/u),
      "warn|'data-dir' was empty; using default|default.etcd",
      'warn|quota exceeds the maximum value|9000000000|8589934592',
      'warn|exceeded recommended request limit|10485761|10485760',
    ]);
  });
});

describe('what is printed', () => {
  test('--help lists every option, and wins over all that follows it', () => {
    expect(flagsText()).toMatchSnapshot();
    for (const argv of [['--help'], ['-h'], ['--help=false', '--bogus'], ['-h=x', 'foo']]) {
      expect(flags(...argv).kind).toBe('help');
    }
    expect(flags('--bogus', '--help')).toMatchObject({ kind: 'error', exitCode: 2 });
  });

  test('--version keeps the four lines that scripts take apart', () => {
    expect(flags('--version')).toEqual({
      kind: 'version',
      stdout:
        'etcd Version: 3.7.1\nGit SHA: abc1234 (etcd-ts 0.1.0)\nGo Version: go0 (node v20.0.0)\nGo OS/Arch: linux/amd64\n',
    });
    expect(flags('--version=false').kind).toBe('run');
  });
});
