import { dialerCredentials } from './dialer-credentials.js';
import { RecordingLogger } from './testing/recording-logger.js';
import { TlsDirectory } from './testing/tls-directory.js';
import type { TlsCredentials } from './tls-credentials.js';

let directory: TlsDirectory;
let logger: RecordingLogger;

beforeEach(async () => {
  directory = await TlsDirectory.create();
  logger = new RecordingLogger();
});
afterEach(() => directory.remove());

const credentialsOf = (name: string, mustBeNameless: boolean): TlsCredentials =>
  dialerCredentials(
    {
      certFile: name === '' ? '' : directory.file(`${name}.pem`),
      keyFile: name === '' ? '' : directory.file(`${name}.key`),
      trustedCaFile: directory.file('ca.pem'),
      mustBeNameless,
    },
    logger,
  );

describe('the files of who only connects', () => {
  it('are read again when they change', async () => {
    await directory.issue('client');
    const credentials = credentialsOf('client', false);
    const before = credentials.current.client;
    expect(credentials.current.client).toBe(before);
    await directory.issue('client');
    expect(credentials.current.client).not.toBe(before);
  });

  it('may be those of authorities alone', () => {
    expect(credentialsOf('', true).current.version).toBe(1);
  });

  it('name nobody, where that would be everybody behind a proxy', async () => {
    await directory.issue('client', { commonName: 'root' });
    expect(() => credentialsOf('client', true)).toThrow(
      `cert has non empty Common Name (root): ${directory.file('client.pem')}`,
    );
  });

  it('are not replaced by others that name somebody', async () => {
    await directory.issue('client', { commonName: '' });
    const credentials = credentialsOf('client', true);
    const before = credentials.current.client;
    await directory.issue('client', { commonName: 'root' });
    expect(credentials.current.client).toBe(before);
    expect(logger.lines[0]?.fields['error']).toContain('non empty Common Name (root)');
  });
});
