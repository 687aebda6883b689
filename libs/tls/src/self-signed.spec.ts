import { X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, statSync, unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { readKeyPair } from './key-pair.js';
import { selfSignedCertificate } from './self-signed.js';
import type { SelfSignedOptions } from './self-signed.js';
import { RecordingLogger } from './testing/recording-logger.js';

const DAY_MS = 24 * 60 * 60 * 1000;
const NOW_MS = Date.UTC(2026, 0, 1);

let directory: string;
let logger: RecordingLogger;
let options: SelfSignedOptions;

beforeEach(() => {
  directory = join(mkdtempSync(join(tmpdir(), 'self-signed-')), 'fixtures', 'client');
  logger = new RecordingLogger();
  options = {
    directory,
    hosts: ['127.0.0.1', '::1', 'localhost'],
    validityYears: 2,
    clock: { wallMs: () => NOW_MS, monotonicMs: () => 0 },
    logger,
  };
});
afterEach(() => rmSync(join(directory, '..', '..'), { recursive: true }));

const modeOf = (path: string): number => statSync(path).mode & 0o777;

describe('a self-made certificate', () => {
  it('is like that of the original: P-521, for the hosts that are listened on, for some years', async () => {
    const files = await selfSignedCertificate(options);
    const certificate = new X509Certificate(readFileSync(files.certificateFile));
    expect(certificate.subject).toBe('O=etcd');
    expect(certificate.verify(certificate.publicKey)).toBe(true);
    expect(certificate.publicKey.asymmetricKeyDetails).toEqual({ namedCurve: 'secp521r1' });
    expect(certificate.subjectAltName).toBe(
      'IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1, DNS:localhost',
    );
    expect(certificate.keyUsage).toEqual(['1.3.6.1.5.5.7.3.1', '1.3.6.1.5.5.7.3.2']);
    expect(certificate.ca).toBe(false);
    expect(Date.parse(certificate.validFrom)).toBe(NOW_MS);
    expect(Date.parse(certificate.validTo)).toBe(NOW_MS + 730 * DAY_MS);
    expect(readFileSync(files.keyFile, 'utf8')).toMatch(/^-----BEGIN EC PRIVATE KEY-----\n/u);
    expect(() => readKeyPair(files, (path) => readFileSync(path, 'utf8'))).not.toThrow();
  });

  it('is for nobody else to read', async () => {
    const files = await selfSignedCertificate(options);
    expect(modeOf(directory)).toBe(0o700);
    expect(modeOf(files.keyFile)).toBe(0o600);
    expect(modeOf(files.certificateFile)).toBe(0o600);
  });

  it('is kept by the next start', async () => {
    const { certificateFile } = await selfSignedCertificate(options);
    const before = readFileSync(certificateFile);
    await selfSignedCertificate({ ...options, validityYears: 0 });
    expect(readFileSync(certificateFile)).toEqual(before);
  });

  it('is made anew when half of it is gone, with a key that was open closed to others', async () => {
    const files = await selfSignedCertificate(options);
    unlinkSync(files.certificateFile);
    unlinkSync(files.keyFile);
    writeFileSync(files.keyFile, 'left over', { mode: 0o644 });
    await selfSignedCertificate(options);
    expect(modeOf(files.keyFile)).toBe(0o600);
    expect(() => readKeyPair(files, (path) => readFileSync(path, 'utf8'))).not.toThrow();
  });

  it('is announced in the log, its key only by the name of the file', async () => {
    const { certificateFile, keyFile } = await selfSignedCertificate(options);
    expect(logger.lines).toEqual([
      {
        level: 'warn',
        message: 'automatically generate certificates',
        fields: { 'certificate-validity-bound-not-after': '2028-01-01T00:00:00.000Z' },
      },
      { level: 'info', message: 'created cert file', fields: { path: certificateFile } },
      { level: 'info', message: 'created key file', fields: { path: keyFile } },
    ]);
  });

  it.each([
    [0, 'selfSignedCertValidity is invalid,it should be greater than 0'],
    [100_000, 'a certificate cannot be valid for 100000 years'],
  ])('for %d years is refused', async (validityYears, message) => {
    await expect(selfSignedCertificate({ ...options, validityYears })).rejects.toThrow(message);
  });

  it('that cannot be written is a clear failure', async () => {
    writeFileSync(join(directory, '..', '..', 'fixtures'), '');
    await expect(selfSignedCertificate(options)).rejects.toThrow(
      `open ${directory}: not a directory`,
    );
  });
});
