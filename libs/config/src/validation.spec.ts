import { ADVERTISE, flags, LISTEN, noticesOf } from './testing/parsing.js';

describe('a configuration that cannot work', () => {
  const founding = ['--initial-cluster', ''];
  test.each([
    [['foo'], '"foo" is not a valid flag'],
    [['--', '--name'], '"--name" is not a valid flag'],
    [['-'], '"-" is not a valid flag'],
    [['--pre-vote', 'false'], '"false" is not a valid flag'],
    [LISTEN, '--advertise-client-urls is required when --listen-client-urls is set explicitly'],
    [
      ['--listen-peer-urls', 'http://example.com:1'],
      'expected IP in URL for binding (http://example.com:1)',
    ],
    [['--listen-metrics-urls', 'http://:1'], 'expected IP in URL for binding (http://:1)'],
    [
      ['--initial-advertise-peer-urls', 'http://:2380'],
      '--initial-advertise-peer-urls "http://:2380" must be "host:port" (unexpected empty host (http://:2380))',
    ],
    [
      ['--advertise-client-urls', 'http://:1'],
      '--advertise-client-urls "http://:1" must be in the format "host:port", "unix:/path/to/socket" or "unixs:/path/to/socket" (unexpected empty host (http://:1))',
    ],
    [
      ['--discovery-fallback', 'proxy'],
      'v2 proxy is deprecated, and --discovery-fallback can\'t be configured as "proxy"',
    ],
    [
      ['--discovery-srv', 'x', '--initial-cluster', 'default=http://localhost:2380'],
      'multiple discovery or bootstrap flags are set. Choose one of "initial-cluster", "discovery-endpoints" or "discovery-srv"',
    ],
    [
      [...founding, '--discovery-token', 'x'],
      'both --discovery-token and --discovery-endpoints must be set',
    ],
    [
      ['--discovery-token', 'x', '--discovery-endpoints', 'a:1,'],
      '--discovery-endpoints must not contain empty endpoints',
    ],
    [['--heartbeat-interval=0'], '--heartbeat-interval must be >0 (set to 0ms)'],
    [['--election-timeout=0'], '--election-timeout must be >0 (set to 0ms)'],
    [
      ['--election-timeout=499'],
      '--election-timeout[499ms] should be at least as 5 times as --heartbeat-interval[100ms]',
    ],
    [
      ['--election-timeout=50001'],
      '--election-timeout[50001ms] is too long, and should be set less than 50000ms',
    ],
    [['--auto-compaction-mode=x'], 'unknown auto-compaction-mode "x"'],
    [['--auto-compaction-mode='], 'undefined auto-compaction-mode'],
    [
      ['--auto-compaction-retention=x'],
      'error parsing CompactionRetention: time: invalid duration "x"',
    ],
    [
      ['--auto-compaction-retention=-1'],
      'error parsing CompactionRetention: time: missing unit in duration "-1"',
    ],
    // Trail of Bits, TOB-ETCD-011: the original compacted in an endless loop.
    [
      ['--auto-compaction-retention=-1h'],
      'error parsing CompactionRetention: a negative period "-1h"',
    ],
    [
      ['--auto-compaction-mode=revision', '--auto-compaction-retention=-5'],
      'error parsing CompactionRetention: a number of revisions is expected, not "-5"',
    ],
    [
      ['--feature-gates=LeaseCheckpointPersist=true'],
      'enabling feature gate LeaseCheckpointPersist requires enabling feature gate LeaseCheckpoint',
    ],
    [['--compact-hash-check-time=0'], '--compact-hash-check-time must be >0 (set to 0s)'],
    [
      ['--tls-min-version=TLS1.3', '--tls-max-version=TLS1.2'],
      'min version (TLS1.3) is greater than max version (TLS1.2)',
    ],
    [
      ['--tls-min-version=TLS1.3', '--cipher-suites=X'],
      'cipher suites cannot be configured when only TLS1.3 is enabled',
    ],
    [
      ['--listen-client-urls=https://127.0.0.1:1', ...ADVERTISE],
      'TLS key/cert (--cert-file, --key-file) must be provided for client url https://127.0.0.1:1 with HTTPS scheme',
    ],
    [
      ['--listen-metrics-urls=https://127.0.0.1:1'],
      'client TLS key/cert (--cert-file, --key-file) must be provided for metrics secure url',
    ],
    [
      [...LISTEN, ...ADVERTISE, '--listen-client-http-urls=http://127.0.0.1:1'],
      'cannot bind both --listen-client-urls and --listen-client-http-urls on the same url http://127.0.0.1:1',
    ],
    [
      ['--experimental-initial-corrupt-check', '--feature-gates=InitialCorruptCheck=false'],
      'cannot specify both flags: --experimental-initial-corrupt-check=true and --feature-gates=InitialCorruptCheck=false at the same time, please just use --feature-gates=InitialCorruptCheck=false',
    ],
    [
      ['--experimental-enable-lease-checkpoint-persist'],
      'enabling feature gate LeaseCheckpointPersist requires enabling feature gate LeaseCheckpoint',
    ],
    [['--logger=capnslog'], 'unknown logger option "capnslog"'],
    [['--log-level=loud'], 'unrecognized level: "loud"'],
    [['--log-format=xml'], 'unknown log format: xml, supported values json, console'],
    [['--log-outputs=default,stderr'], 'multi logoutput for "default" is not supported yet'],
    [['--log-outputs='], 'open sink "": open : no such file or directory'],
    [
      ['--enable-log-rotation'],
      '--log-outputs requires a single file path when --log-rotate-config-json is defined',
    ],
    [['--config-file=/nope'], 'open /nope: no such file or directory'],
  ])('%j: %s, in the log and with exit code 1', (argv, message) => {
    const outcome = flags(...argv);
    expect(outcome).toMatchObject({ kind: 'error', message, exitCode: 1, stderr: '' });
    expect(noticesOf(outcome)).toContain(`warn|failed to verify flags|${message}`);
  });

  test('the forgotten --advertise-client-urls gets a line of its own', () => {
    expect(noticesOf(flags(...LISTEN)).at(-1)).toMatch(/^warn\|advertise client URLs are not set/u);
  });
});
