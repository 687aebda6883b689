import { config, noticesOf, parse } from './testing/parsing.js';

describe('the environment', () => {
  test('sets what no flag sets', () => {
    const env = { ETCD_NAME: 'n1', ETCD_HEARTBEAT_INTERVAL: '50' };
    expect(config({ env })).toMatchObject({ name: 'n1', heartbeatIntervalMs: 50 });
    expect(noticesOf(parse({ env }))).toContain(
      'info|recognized and used environment variable|ETCD_NAME|n1',
    );
  });

  test.each([['y'], ['']])('beside the same flag is fatal, even when it is %j', (value) => {
    const outcome = parse({ argv: ['--name', 'x'], env: { ETCD_NAME: value } });
    expect(outcome).toMatchObject({ kind: 'error', exitCode: 1 });
    expect(noticesOf(outcome).at(-1)).toBe(
      `fatal|conflicting environment variable is shadowed by corresponding command-line flag (either unset environment variable or disable flag))|ETCD_NAME=${value}`,
    );
  });

  test.each([
    ['ETCD_HEARTBEAT_INTERVAL', 'abc', 'parse error'],
    ['ETCD_PRE_VOTE', 'maybe', 'parse error'],
    ['ETCD_INITIAL_CLUSTER_STATE', 'abc', 'invalid value'],
    ['ETCD_LISTEN_CLIENT_URLS', 'abc', 'URL scheme must be http, https, unix, or unixs: abc'],
  ])('with a bad value: %s=%s', (name, value, why) => {
    expect(parse({ env: { [name]: value } })).toMatchObject({
      kind: 'error',
      message: `invalid value "${value}" for ${name}: ${why}`,
      exitCode: 1,
    });
  });

  test('with a name that is no option is warned about; ETCD_VERSION is dropped', () => {
    const outcome = parse({ env: { ETCD_FOO: '1', ETCD_HELP: '1', ETCD_VERSION: '3', FOO: '1' } });
    expect(outcome.kind).toBe('run');
    expect(noticesOf(outcome).slice(0, 3)).toEqual([
      'warn|cannot set special environment variable|ETCD_VERSION|3',
      'warn|unrecognized environment variable|ETCD_FOO=1',
      'warn|unrecognized environment variable|ETCD_HELP=1',
    ]);
  });

  test('shows no password, used or not', () => {
    const secrets = {
      ETCD_DISCOVERY_PASSWORD: 'secret',
      ETCD_DISCOVERY_USER: 'me:secret',
      ETCD_DISCOVERY_PROXY: 'http://me:secret@proxy:1',
      ETCD_DISCOVERY_PASWORD: 'typo',
      ETCD_MY_PASSWORD: 'secret',
    };
    const notices = noticesOf(parse({ env: secrets }));
    expect(notices).toContain('warn|unrecognized environment variable|ETCD_MY_PASSWORD=***');
    expect(notices.join()).not.toContain('secret');
    const both = parse({ argv: ['--discovery-password', 'a'], env: secrets });
    expect(noticesOf(both).at(-1)).toMatch(/\|ETCD_DISCOVERY_PASSWORD=\*\*\*$/u);
  });

  test('does not set what only the file can', () => {
    const env = { ETCD_CLIENT_CERT_ALLOWED_CN: 'alice' };
    expect(config({ env }).clientSecurity.allowedCommonNames).toEqual([]);
    expect(parse({ argv: ['--client-cert-allowed-cn=alice'] })).toMatchObject({
      message: 'flag provided but not defined: -client-cert-allowed-cn',
    });
  });

  test('may name the configuration file', () => {
    const outcome = parse({ env: { ETCD_CONFIG_FILE: '/nope', ETCD_NAME: 'x' } });
    expect(outcome).toMatchObject({ message: 'open /nope: no such file or directory' });
  });
});
