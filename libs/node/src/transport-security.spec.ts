import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo, Socket } from 'node:net';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { parseEndpointUrl } from '@etcd-ts/config';
import type { EndpointUrl, ServerConfig } from '@etcd-ts/config';
import type { LogFields, Logger } from '@etcd-ts/foundation';
import { SYSTEM_CLOCK } from '@etcd-ts/server';
import { CertificateAuthority } from '@etcd-ts/tls';

import { configOf } from './testing/test-node.js';
import { NodeSecurity } from './transport-security.js';

let directory: string;
let authority: CertificateAuthority;
const file = (name: string): string => join(directory, name);

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'node-tls-'));
  authority = await CertificateAuthority.create('authority');
  writeFileSync(file('ca.pem'), authority.certificate);
  for (const commonName of ['server', 'root']) {
    const { certificate, key } = await authority.issue({ commonName, hosts: ['127.0.0.1'] });
    writeFileSync(file(`${commonName}.pem`), certificate);
    writeFileSync(file(`${commonName}.key`), key, { mode: 0o600 });
  }
});
afterAll(() => rmSync(directory, { recursive: true }));

const SERVED = (): readonly string[] => [
  '--cert-file',
  file('server.pem'),
  '--key-file',
  file('server.key'),
];
const TRUSTED = (): readonly string[] => ['--trusted-ca-file', file('ca.pem')];

function urlOf(text: string): EndpointUrl {
  const outcome = parseEndpointUrl(text);
  if (outcome.kind === 'error') throw new Error(outcome.message);
  return outcome.value;
}

class Lines {
  readonly all: string[] = [];
  readonly #write = (message: string, fields: LogFields = {}): void => {
    const url = fields['client-url'] ?? fields['peer-url'];
    this.all.push(url === undefined ? message : `${message} ${String(url)}`);
  };
  readonly logger: Logger = {
    debug: this.#write,
    info: this.#write,
    warn: this.#write,
    error: this.#write,
    fatal: this.#write,
    named: () => this.logger,
  };
}

const open = (flags: readonly string[], lines = new Lines()): Promise<NodeSecurity> =>
  NodeSecurity.open(configOf(file('data'), flags), { logger: lines.logger, clock: SYSTEM_CLOCK });

/** Who a client with root's certificate is to those behind the port: what `admit` was told. */
async function admitted(flags: readonly string[]): Promise<unknown> {
  const security = await open(flags);
  const { secure } = security.listenerFor('client', urlOf('https://127.0.0.1:1'), 'all');
  if (secure === undefined) throw new Error('no TLS');
  const known = new Promise((resolve) => {
    const layer = secure((socket, client) => {
      socket.on('error', () => socket.destroy()).end();
      resolve(client);
    });
    server.on('connection', (socket: Socket) => layer.accept(socket));
  });
  const client = connect({
    port: (server.address() as AddressInfo).port,
    host: '127.0.0.1',
    ca: authority.certificate,
    cert: readFileSync(file('root.pem')),
    key: readFileSync(file('root.key')),
  });
  client.on('error', () => undefined).resume();
  await once(client, 'close');
  return known;
}

let server = createServer();
beforeEach(async () => {
  server = createServer({ allowHalfOpen: true }).listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterEach(() => new Promise((resolve) => server.close(resolve)));

describe('who a client is to the services', () => {
  it('is the common name of its certificate with --client-cert-auth', async () => {
    const client = await admitted([...SERVED(), ...TRUSTED(), '--client-cert-auth']);
    expect(client).toEqual({ peerCertificateCommonName: 'root' });
  });

  it('is nobody without it, certificate or not', async () => {
    expect(await admitted([...SERVED(), ...TRUSTED()])).toEqual({
      peerCertificateCommonName: undefined,
    });
    expect(await admitted(SERVED())).toEqual({ peerCertificateCommonName: undefined });
  });
});

describe('a URL without TLS', () => {
  it('is served plain, with a warning where certificates were meant for it', async () => {
    const lines = new Lines();
    const flags = [...SERVED(), ...TRUSTED(), '--client-cert-auth', '--peer-client-cert-auth'];
    const security = await open(flags, lines);
    lines.all.length = 0;
    expect(security.listenerFor('client', urlOf('http://127.0.0.1:1'), 'all')).toEqual({});
    expect(security.listenerFor('client', urlOf('unix://x'), 'all')).toEqual({});
    expect(security.listenerFor('peer', urlOf('http://127.0.0.1:2'), 'http')).toEqual({});
    const ignored =
      'scheme is HTTP while key and cert files are present; ignoring key and cert files';
    const unasked = 'is enabled; ignoring client cert auth for this URL';
    expect(lines.all).toEqual([
      `${ignored} http://127.0.0.1:1`,
      `scheme is HTTP while --client-cert-auth ${unasked} http://127.0.0.1:1`,
      `${ignored} unix://x`,
      `scheme is HTTP while --client-cert-auth ${unasked} unix://x`,
      `scheme is HTTP while --peer-client-cert-auth ${unasked} http://127.0.0.1:2`,
    ]);
  });
});

describe('a URL with TLS', () => {
  it('is never served plain, also when a program has configured no certificate for it', async () => {
    for (const flags of [[], TRUSTED(), ['--peer-trusted-ca-file', file('ca.pem')]]) {
      const security = await open(flags);
      for (const side of ['client', 'peer'] as const) {
        expect(() => security.listenerFor(side, urlOf('https://127.0.0.1:1'), 'http')).toThrow(
          'cannot listen on TLS for https://127.0.0.1:1: KeyFile and CertFile are not presented',
        );
      }
    }
  });
});

describe('connections to other members', () => {
  const peerFlags = (): readonly string[] => [
    ...['--peer-cert-file', file('server.pem'), '--peer-key-file', file('server.key')],
  ];

  it('are made with what Node does by itself when nothing is said', async () => {
    expect((await open([])).peerConnection()).toEqual({});
  });

  it('are verified, also when there are only authorities to do it by', async () => {
    for (const flags of [peerFlags(), ['--peer-trusted-ca-file', file('ca.pem')]]) {
      const options = (await open(flags)).peerConnection();
      expect(options).toMatchObject({ rejectUnauthorized: true });
      expect(options.secureContext).toBeDefined();
      expect(options.servername).toBeUndefined();
    }
  });

  it('expect the domain the members were found in, unless an authority of their own tells them apart', async () => {
    const inDomain = ['--discovery-srv', 'cluster.example'];
    const optionsWith = async (flags: readonly string[]) => {
      const config: ServerConfig = configOf(file('data'), [...inDomain, ...flags]);
      const security = await NodeSecurity.open(config, {
        logger: new Lines().logger,
        clock: SYSTEM_CLOCK,
      });
      return security.peerConnection();
    };
    expect(await optionsWith(peerFlags())).toMatchObject({ servername: 'cluster.example' });
    const own = await optionsWith([...peerFlags(), '--peer-trusted-ca-file', file('ca.pem')]);
    expect(own.servername).toBeUndefined();
  });

  it('are not verified when all members make their certificates themselves', async () => {
    const lines = new Lines();
    const security = await open(['--peer-auto-tls'], lines);
    expect(security.peerConnection()).toMatchObject({ rejectUnauthorized: false });
    expect(lines.all).toContain('automatically generate certificates');
  });

  it('do not make certificates where some are given', async () => {
    const lines = new Lines();
    const security = await open(['--peer-auto-tls', ...peerFlags()], lines);
    expect(security.peerConnection()).toMatchObject({ rejectUnauthorized: true });
    expect(lines.all).toContain('ignoring peer auto TLS since certs given');
  });
});
