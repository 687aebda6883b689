import { config, noticesOf, parse } from './testing/parsing.js';

describe('the configuration file', () => {
  test('replaces flags and environment altogether', () => {
    const env = { ETCD_ELECTION_TIMEOUT: '1' };
    expect(config({ argv: ['--name=flag'], env, file: 'snapshot-count: 7' })).toMatchObject({
      name: 'default',
      snapshotCount: 7,
      electionTimeoutMs: 1000,
    });
  });

  test('takes durations as nanoseconds, lists as sequences and YAML 1.1 booleans', () => {
    const file =
      'grpc-keepalive-min-time: 1500000000\nlog-outputs: [stdout, stderr]\npre-vote: no\n';
    expect(config({ file })).toMatchObject({
      grpcKeepaliveMinTimeMs: 1500,
      logOutputs: ['stderr', 'stdout'],
      preVote: false,
    });
  });

  test('may be JSON, empty, or leave keys without a value', () => {
    expect(config({ file: '{"name": "n", "max-wals": 3}' })).toMatchObject({
      name: 'n',
      maxWals: 3,
    });
    expect(config({ file: '' }).name).toBe('default');
    expect(
      config({ file: 'wal-dir:\ninitial-cluster:\npeer-transport-security:\n' }),
    ).toMatchObject({
      walDir: undefined,
      initialCluster: 'default=http://localhost:2380',
    });
  });

  test('warns about keys it does not know', () => {
    const file = "proxy: 'off'\nclient-transport-security:\n  nonsense: 1\n";
    expect(noticesOf(parse({ file }))).toContain(
      'warn|ignoring unknown keys of the configuration file|proxy,client-transport-security.nonsense',
    );
  });

  test('does not require what to advertise when it says where to listen', () => {
    expect(config({ file: 'listen-client-urls: http://127.0.0.1:1' }).advertiseClientUrls).toEqual([
      expect.objectContaining({ text: 'http://localhost:2379' }),
    ]);
  });

  const yamlFault = (why: string): string => `error converting YAML to JSON: yaml: ${why}`;
  /** Each line ten times the one before: a billion words in the end. */
  const LAUGHS = Array.from({ length: 9 }, (_, i) => {
    return i === 0 ? 'l0: &l0 [x]' : `l${i}: &l${i} [${`*l${i - 1},`.repeat(10)}]`;
  }).join('\n');
  const typeFault = (what: string): string =>
    `error unmarshaling JSON: while decoding JSON: json: cannot unmarshal ${what}`;
  test.each([
    ['pre-vote: "x"', typeFault('string into Go struct field configYAML.pre-vote of type bool')],
    [
      'heartbeat-interval: -5',
      typeFault('number -5 into Go struct field configYAML.heartbeat-interval of type uint'),
    ],
    [
      'heartbeat-interval: 1.5',
      typeFault('number 1.5 into Go struct field configYAML.heartbeat-interval of type uint'),
    ],
    ['name: 5', typeFault('number into Go struct field configYAML.name of type string')],
    ['name: yes', typeFault('bool into Go struct field configYAML.name of type string')],
    [
      'log-outputs: stderr',
      typeFault('string into Go struct field configYAML.log-outputs of type []string'),
    ],
    [
      'grpc-keepalive-min-time: 5s',
      typeFault(
        'string into Go struct field configYAML.grpc-keepalive-min-time of type time.Duration',
      ),
    ],
    [
      'initial-cluster: [a]',
      typeFault('array into Go struct field configYAML.initial-cluster of type string'),
    ],
    [
      'client-transport-security: 5',
      typeFault(
        'number into Go struct field configYAML.client-transport-security of type embed.securityConfig',
      ),
    ],
    [
      'client-transport-security: {auto-tls: x}',
      typeFault(
        'string into Go struct field securityConfig.client-transport-security.auto-tls of type bool',
      ),
    ],
    ['a', typeFault('string into Go value of type embed.configYAML')],
    [
      'heartbeat-interval: 010',
      '--election-timeout[9ms] should be at least as 5 times as --heartbeat-interval[8ms]',
    ],
    ['name: *b', yamlFault('Unresolved alias (the anchor must be set before the alias): b')],
    ['<<: [x]', yamlFault('Merge sources must be maps or map aliases')],
    [LAUGHS, yamlFault('Excessive alias count indicates a resource exhaustion attack')],
    ['initial-cluster-state: foo', 'unexpected clusterState "foo"'],
    [
      'socket-options: {reuse-port: true}',
      '--socket-reuse-port is not supported yet by this version of etcd-ts',
    ],
  ])('%j: %s', (text, message) => {
    const file = message.includes('[8ms]') ? `${text}\nelection-timeout: 9` : text;
    expect(parse({ file })).toMatchObject({ kind: 'error', message, exitCode: 1 });
  });

  test('has TLS in a section for clients and one for members', () => {
    const file = `
client-transport-security:
  cert-file: 5
  key-file: k
  client-cert-auth: true
  trusted-ca-file: ca
  allowed-cn: [alice]
  allowed-hostname: [a.example, b.example]
peer-transport-security: {auto-tls: true, allowed-cn: [etcd], skip-client-san-verification: true}
cipher-suites: [TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256]
tls-max-version: TLS1.2
self-signed-cert-validity: 3
`;
    const none = {
      certFile: '',
      keyFile: '',
      clientCertFile: '',
      clientKeyFile: '',
      trustedCaFile: '',
      crlFile: '',
      clientCertAuth: false,
      allowedCommonNames: [],
      allowedHostnames: [],
      autoTls: false,
    };
    expect(parse({ file })).toMatchObject({
      config: {
        clientSecurity: {
          ...none,
          certFile: '5',
          keyFile: 'k',
          clientCertAuth: true,
          trustedCaFile: 'ca',
          allowedCommonNames: ['alice'],
          allowedHostnames: ['a.example', 'b.example'],
          skipClientSanVerification: true,
        },
        peerSecurity: {
          ...none,
          autoTls: true,
          allowedCommonNames: ['etcd'],
          skipClientSanVerification: true,
        },
        tls: {
          cipherSuites: ['TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256'],
          minVersion: 'TLS1.2',
          maxVersion: 'TLS1.2',
          selfSignedValidityYears: 3,
        },
      },
    });
  });

  test('names the v3 discovery in a section of its own', () => {
    const file = 'discovery-config: {token: x, client: {endpoints: [a, b]}}\ninitial-cluster: ""';
    expect(parse({ file })).toMatchObject({
      kind: 'run',
      config: { discovery: { kind: 'v3', token: 'x', endpoints: ['a', 'b'] } },
    });
  });

  test('says of the v3 discovery whatever flags can say', () => {
    const file = `
discovery-config:
  token: x
  client:
    endpoints: [a]
    dial-timeout: 1000000000
    request-timeout: 2000000000
    keepalive-time: 3000000000
    keepalive-timeout: 4000000000
    secure: {cert: c, key: k, cacert: ca, insecure-transport: false, insecure-skip-tls-verify: true}
    auth: {username: u, password: 'p:w'}
    other: 1
initial-cluster: ""`;
    const outcome = parse({ file });
    expect(outcome).toMatchObject({
      kind: 'run',
      config: {
        discovery: {
          kind: 'v3',
          token: 'x',
          endpoints: ['a'],
          dialTimeoutMs: 1000,
          requestTimeoutMs: 2000,
          keepaliveTimeMs: 3000,
          keepaliveTimeoutMs: 4000,
          insecureTransport: false,
          insecureSkipVerify: true,
          certFile: 'c',
          keyFile: 'k',
          caFile: 'ca',
          user: 'u',
          password: 'p:w',
        },
      },
    });
    expect(outcome.kind === 'run' && outcome.notices).toContainEqual(
      expect.objectContaining({ fields: { keys: ['discovery-config.client.other'] } }),
    );
  });

  test.each([
    [
      'discovery-config: x',
      'cannot unmarshal string into Go struct field configYAML.discovery-config of type v3discovery.DiscoveryConfig',
    ],
    [
      'discovery-config: {client: {dial-timeout: 2s}}',
      'cannot unmarshal string into Go struct field configYAML.discovery-config.client.dial-timeout of type time.Duration',
    ],
  ])('is refused for %j', (file, message) => {
    expect(parse({ file })).toMatchObject({
      kind: 'error',
      message: expect.stringContaining(message) as string,
    });
  });

  test('that is no YAML says in which line', () => {
    expect(parse({ file: 'name: x\na: [\n' })).toMatchObject({
      kind: 'error',
      message: expect.stringMatching(/^error converting YAML to JSON: yaml: line \d+: /u) as string,
    });
  });

  test('with a bad address is answered on standard error alone', () => {
    const message =
      'unexpected error setting up listen-peer-urls: URL scheme must be http, https, unix, or unixs: foo';
    expect(parse({ file: 'listen-peer-urls: foo' })).toEqual({
      kind: 'error',
      message,
      stderr: `${message}\n`,
      notices: [],
      exitCode: 1,
    });
  });
});
