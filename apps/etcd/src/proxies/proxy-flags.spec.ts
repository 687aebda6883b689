import { parseFlags, FlagValues } from '@etcd-ts/command-line';
import { SILENT_LOGGER } from '@etcd-ts/foundation';
import { listenAddressOf, usableEndpoints } from './discovered-endpoints.js';
import { checkFlags, configOf } from './grpc-proxy-config.js';
import { GRPC_PROXY_FLAGS } from './grpc-proxy-flags.js';
import { isProxyCommand } from './proxy-words.js';

const CLUSTER = { endpoints: ['127.0.0.1:2379'], serverName: undefined };

function flagsOf(...words: readonly string[]): FlagValues {
  const flags = new FlagValues(GRPC_PROXY_FLAGS);
  expect(parseFlags(flags, words)).toMatchObject({ kind: 'ok' });
  return flags;
}

function complaint(...words: readonly string[]): string | undefined {
  try {
    const flags = flagsOf(...words);
    checkFlags(flags);
    configOf(flags, CLUSTER, SILENT_LOGGER);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  return undefined;
}

describe('the flags of etcd grpc-proxy', () => {
  it('are the defaults of the original when none is given', () => {
    const config = configOf(flagsOf(), CLUSTER, SILENT_LOGGER);
    expect(config).toMatchObject({
      listen: { host: '127.0.0.1', port: 23_790 },
      metrics: undefined,
      endpointsSyncIntervalMs: 0,
      clusterTls: undefined,
      maxSendBytes: 1_572_864,
      maxReceiveBytes: 2_147_483_647,
      maxConcurrentStreams: 4_294_967_295,
      advertiseUrl: '127.0.0.1:23790',
      dataDir: 'default.proxy',
    });
    expect(complaint()).toBeUndefined();
  });

  it.each([
    [['--resolver-ttl', '3'], 'invalid resolver-prefix ""'],
    [['--resolver-prefix', 'x'], 'invalid resolver-ttl 0'],
    [
      ['--resolver-prefix', 'x', '--resolver-ttl', '3', '--advertise-client-url', ''],
      'invalid advertise-client-url ""',
    ],
    [['--experimental-leasing-prefix', 'x'], '--experimental-leasing-prefix is not supported'],
    [['--enable-pprof'], '--enable-pprof is not supported'],
    [['--permit-without-stream'], '--permit-without-stream is not supported'],
    [['--metrics-addr', 'x'], 'cannot parse "x" for --metrics-addr'],
    [['--metrics-addr', 'https://127.0.0.1:1'], '--metrics-addr with https needs --cert-file'],
    [['--cert', 'x'], 'KeyFile and CertFile must both be present[key: , cert: x]'],
    [['--cacert', '/nowhere'], 'open /nowhere: no such file or directory'],
    [['--max-send-bytes', '0'], 'invalid value 0 for --max-send-bytes'],
    [['--dial-keepalive-time', '-1s'], 'invalid value for --dial-keepalive-time'],
    [['--tls-min-version', 'TLS1.1'], 'unexpected TLS version "TLS1.1"'],
    [['--auto-tls', '--self-signed-cert-validity', '0'], 'selfSignedCertValidity is invalid'],
    [['--listen-addr', 'foo'], 'failed to validate listen address: foo'],
  ])('%j are refused', (words, message) => {
    expect(complaint(...words)).toContain(message);
  });
});

describe('what both proxies are told', () => {
  it.each([
    [':1', { host: '', port: 1 }],
    ['[::1]:2', { host: '::1', port: 2 }],
    ['h:65535', { host: 'h', port: 65_535 }],
  ])('%s is an address to listen on', (text, address) => {
    expect(listenAddressOf(text)).toEqual(address);
  });

  it('leaves out discovered endpoints without TLS, unless they are accepted', () => {
    const endpoint = { host: 'a', port: 1, priority: 2, weight: 3, addresses: [], problem: '' };
    const lookup = { name: '', role: 'client', reason: '', ttlSeconds: 1 } as const;
    const lookups = [
      { ...lookup, scheme: 'https', status: 'missing', reason: 'no such host', endpoints: [] },
      { ...lookup, scheme: 'http', status: 'found', endpoints: [endpoint] },
    ] as const;
    expect(usableEndpoints(lookups, true).endpoints).toMatchObject([
      { host: 'a', port: 1, isTls: false, priority: 2, weight: 3 },
    ]);
    expect(usableEndpoints(lookups, false)).toEqual({
      endpoints: [],
      ignored: [{ host: 'a', port: 1 }],
    });
    expect(() => usableEndpoints([lookups[0]], true)).toThrow('dns lookup errors: no such host');
  });

  it('is not taken for flags of a node', () => {
    const words = [['gateway', 'start'], ['grpc-proxy'], ['--name', 'gateway'], []];
    expect(words.map(isProxyCommand)).toEqual([true, true, false, false]);
  });
});
