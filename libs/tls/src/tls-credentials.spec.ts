import { renameSync, statSync, symlinkSync, unlinkSync, utimesSync } from 'node:fs';

import { adviseOnKeyFiles } from './key-file-modes.js';
import { CertificateAuthority } from './making/certificate-authority.js';
import { RecordingLogger } from './testing/recording-logger.js';
import { ANY_TLS, TlsDirectory } from './testing/tls-directory.js';
import { TlsCredentials } from './tls-credentials.js';
import { tlsSettings } from './tls-settings.js';

let directory: TlsDirectory;
let logger: RecordingLogger;

beforeEach(async () => {
  directory = await TlsDirectory.create();
  logger = new RecordingLogger();
  await directory.issue('server');
});
afterEach(() => directory.remove());

function credentials(more: Parameters<TlsDirectory['security']>[1] = {}): TlsCredentials {
  const security = directory.security('server', more);
  return new TlsCredentials(tlsSettings(security, ANY_TLS, { selfSigned: false }), logger);
}

const messages = (): readonly string[] =>
  logger.lines.map(({ level, message }) => `${level} ${message}`);

describe('files of TLS', () => {
  it('are not read again while they stay as they are', () => {
    const all = credentials({ trustedCaFile: directory.file('ca.pem') });
    expect(all.current).toBe(all.current);
    expect(messages()).toEqual([]);
  });

  it('are read again when certificate and key are replaced', async () => {
    const all = credentials();
    const before = all.current;
    const next = await directory.issue('server');
    expect(all.current.server).toMatchObject({ cert: next.certificate, key: next.key });
    expect(all.current.client).not.toBe(before.client);
    expect(all.current.version).toBe(2);
    expect(messages()).toEqual(['info reloaded TLS files']);
  });

  it('stay in force until a certificate and its key fit together again', async () => {
    const all = credentials();
    const before = all.current;
    const next = await directory.authority.issue({ commonName: 'server' });
    directory.write('server.pem', next.certificate);
    expect(all.current).toBe(before);
    expect(all.current).toBe(before);
    // One warning for one change, however many connections come meanwhile.
    expect(messages()).toEqual([
      'warn failed to reload TLS files; those loaded before stay in force',
    ]);
    directory.write('server.key', next.key);
    expect(all.current.server).toMatchObject({ cert: next.certificate, key: next.key });
  });

  it('stay in force while a file is missing', async () => {
    const all = credentials();
    const before = all.current;
    unlinkSync(directory.file('server.key'));
    expect(all.current).toBe(before);
    expect(logger.lines[0]?.fields['error']).toBe(
      `open ${directory.file('server.key')}: no such file or directory`,
    );
    const next = await directory.issue('server');
    expect(all.current.server).toMatchObject({ cert: next.certificate });
  });

  it('are the authorities as well, which the original reads but once', async () => {
    const all = credentials({ trustedCaFile: directory.file('ca.pem') });
    const second = await CertificateAuthority.create('second');
    directory.write('ca.pem', directory.authority.certificate + second.certificate);
    expect(all.current.server.ca).toEqual([directory.authority.certificate, second.certificate]);
  });

  it('keep the authorities when their file is emptied, for an empty list would trust the world', () => {
    const all = credentials({ trustedCaFile: directory.file('ca.pem') });
    directory.write('ca.pem', '');
    expect(all.current.server.ca).toEqual([directory.authority.certificate]);
  });

  it('are noticed behind a symbolic link that turns to other files', async () => {
    const first = await directory.issue('first');
    const second = await directory.issue('second');
    for (const end of ['pem', 'key']) {
      unlinkSync(directory.file(`server.${end}`));
      symlinkSync(`first.${end}`, directory.file(`server.${end}`));
    }
    const all = credentials();
    expect(all.current.server.cert).toBe(first.certificate);
    for (const end of ['pem', 'key']) {
      symlinkSync(`second.${end}`, directory.file(`next.${end}`));
      renameSync(directory.file(`next.${end}`), directory.file(`server.${end}`));
    }
    expect(all.current.server.cert).toBe(second.certificate);
  });

  it('are noticed when they keep their size and their time', async () => {
    const all = credentials();
    const { atime, mtime } = statSync(directory.file('server.pem'));
    const next = await directory.issue('server');
    for (const end of ['pem', 'key']) utimesSync(directory.file(`server.${end}`), atime, mtime);
    expect(all.current.server.cert).toBe(next.certificate);
  });
});

describe('a revocation list', () => {
  const crl = async (...serials: readonly string[]): Promise<string> => {
    for (const serialNumber of serials) directory.authority.revoke({ serialNumber });
    return directory.write('crl.pem', await directory.authority.revocationListPem());
  };

  it('is read again when it changes', async () => {
    const all = credentials({ crlFile: await crl('11') });
    expect(all.revocations).toEqual({ kind: 'known', serials: new Set(['11']) });
    await crl('22');
    expect(all.revocations).toEqual({ kind: 'known', serials: new Set(['11', '22']) });
  });

  it('that can no longer be read says nothing, so nobody can be believed until it can', async () => {
    const all = credentials({ crlFile: await crl('11') });
    directory.write('crl.pem', 'garbage');
    expect(all.revocations).toEqual({
      kind: 'unknown',
      reason: `x509: malformed crl (${directory.file('crl.pem')})`,
    });
    unlinkSync(directory.file('crl.pem'));
    expect(all.revocations).toMatchObject({ kind: 'unknown' });
    await crl();
    expect(all.revocations).toMatchObject({ kind: 'known' });
  });
});

describe('a start', () => {
  it.each([
    ['certFile', 'missing.pem', 'no such file or directory'],
    ['keyFile', 'missing.pem', 'no such file or directory'],
    ['trustedCaFile', 'missing.pem', 'no such file or directory'],
    ['crlFile', 'missing.pem', 'no such file or directory'],
    ['crlFile', '', 'is a directory'],
  ] as const)('fails when the %s is no file: %j', (field, name, reason) => {
    const verb = name === '' ? 'read' : 'open';
    const path = name === '' ? directory.path : directory.file(name);
    expect(() => credentials({ [field]: path })).toThrow(`${verb} ${path}: ${reason}`);
  });

  it.each([
    [{ keyFile: '' }, /^KeyFile and CertFile must both be present\[key: , cert: .*server\.pem\]$/u],
    [
      { clientCertFile: 'c' },
      /^ClientKeyFile and ClientCertFile must both be present or both absent: key: , cert: c\]$/u,
    ],
    [
      { allowedCommonNames: ['a', 'b'], allowedHostnames: ['h'] },
      /^AllowedCNs and AllowedHostnames are mutually exclusive \(cns=\["a" "b"\], hostnames=\["h"\]\)$/u,
    ],
  ])('fails with settings that contradict each other: %j', (more, message) => {
    expect(() => credentials(more)).toThrow(message);
  });

  it('warns of a key that others can read', async () => {
    const { chmodSync } = await import('node:fs');
    const { settings } = credentials();
    adviseOnKeyFiles(settings, logger);
    expect(messages()).toEqual([]);
    chmodSync(directory.file('server.key'), 0o640);
    adviseOnKeyFiles(settings, logger);
    expect(logger.lines).toEqual([
      {
        level: 'warn',
        message: 'check file permission',
        fields: {
          error: `file "${directory.file('server.key')}" exist, but the permission is "0640". The recommended permission is "0600" to prevent possible unprivileged access to the key`,
        },
      },
    ]);
  });
});
