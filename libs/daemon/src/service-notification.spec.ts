import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LogFields, Logger } from '@etcd-ts/foundation';
import { SILENT_LOGGER } from '@etcd-ts/foundation';
import { notifyReady } from './service-notification.js';

/** Stands in for systemd: binds the socket, says so, and prints the one datagram it gets. */
const RECEIVER = `
import socket, sys
name = sys.argv[1]
receiver = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
receiver.bind('\\0' + name[1:] if name.startswith('@') else name)
receiver.settimeout(30)
print('bound', flush=True)
print(receiver.recv(100).decode(), flush=True)
`;

class Lines {
  readonly texts: string[] = [];
  readonly logger: Logger = {
    ...SILENT_LOGGER,
    info: (message: string) => void this.texts.push(message),
    error: (message: string, fields?: LogFields) =>
      void this.texts.push(`${message}: ${String(fields?.['error'])}`),
  };
}

async function received(socketName: string, send: () => void): Promise<string> {
  const receiver = spawn('python3', ['-c', RECEIVER, socketName]);
  let output = '';
  receiver.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString();
    if (output === 'bound\n') send();
  });
  await new Promise((resolve) => receiver.once('close', resolve));
  return output.slice('bound\n'.length);
}

let directory = '';
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'etcd-notify-'));
});
afterAll(() => rmSync(directory, { recursive: true }));

test.each([
  ['a path', () => join(directory, 'socket')],
  ['an abstract name', () => `@etcd-notify-${process.pid}`],
])('systemd gets READY=1 at %s', async (_, socketName) => {
  const lines = new Lines();
  const datagram = await received(socketName(), () => notifyReady(socketName(), lines.logger));
  expect(datagram).toBe('READY=1\n');
  expect(lines.texts).toEqual(['notifying init daemon', 'successfully notified init daemon']);
});

test.each([
  ['nobody listens', () => join(directory, 'nobody'), /sendto .*: ENOENT$/u],
  ['the name is no address', () => 'relative', /neither a path nor an abstract name/u],
  ['the name is too long', () => `/${'x'.repeat(108)}`, /too long/u],
])('a failure is logged and nothing else: %s', (_, socketName, why) => {
  const lines = new Lines();
  notifyReady(socketName(), lines.logger);
  expect(lines.texts).toEqual([
    'notifying init daemon',
    expect.stringMatching(/^failed to notify systemd for readiness: /u),
  ]);
  expect(lines.texts[1]).toMatch(why);
});

test('nothing is sent when nobody asked', () => {
  const lines = new Lines();
  notifyReady(undefined, lines.logger);
  expect(lines.texts).toHaveLength(2);
});
