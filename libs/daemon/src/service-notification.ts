import { constants, endianness } from 'node:os';
import type { Logger } from '@etcd-ts/foundation';
import { errorText } from './system-error.js';

const AF_UNIX = 1;
const SOCK_DGRAM = 2;
const SOCK_CLOEXEC = 0o2000000;
const MSG_NOSIGNAL = 0x4000;
const MAX_PATH_BYTES = 107;

/**
 * Tells systemd (sd_notify(3)) that this service is ready, when it asked to be told: the datagram
 * `READY=1` to the socket named by NOTIFY_SOCKET. A failure is logged and nothing else: the member
 * serves all the same, and systemd acts on its own timeout.
 */
export function notifyReady(socketName: string | undefined, logger: Logger): void {
  logger.info('notifying init daemon');
  try {
    if (socketName !== undefined && socketName !== '') sendDatagram(socketName, 'READY=1');
  } catch (error) {
    logger.error('failed to notify systemd for readiness', { error: errorText(error) });
    return;
  }
  logger.info('successfully notified init daemon');
}

/** Node has no datagrams over unix sockets, so these three calls go to the C library itself. */
function sendDatagram(socketName: string, text: string): void {
  if (process.platform !== 'linux') throw new Error(`no systemd on ${process.platform}`);
  const address = socketAddress(socketName);
  const { socket, sendto, close, lastError } = loadSocketCalls();
  const descriptor = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (descriptor < 0) throw new Error(`socket: ${lastError()}`);
  try {
    const payload = Buffer.from(text);
    const sent = sendto(descriptor, payload, payload.length, MSG_NOSIGNAL, address, address.length);
    if (sent !== payload.length) throw new Error(`sendto ${socketName}: ${lastError()}`);
  } finally {
    close(descriptor);
  }
}

/** A sockaddr_un. `@name` is Linux's abstract namespace: a leading zero byte, and no final one. */
function socketAddress(socketName: string): Buffer {
  const isAbstract = socketName.startsWith('@');
  if (!isAbstract && !socketName.startsWith('/')) {
    throw new Error(`NOTIFY_SOCKET is neither a path nor an abstract name: ${socketName}`);
  }
  const path = Buffer.from(isAbstract ? `\0${socketName.slice(1)}` : `${socketName}\0`);
  if (path.length > MAX_PATH_BYTES + 1) throw new Error(`NOTIFY_SOCKET is too long: ${socketName}`);
  const family = Buffer.alloc(2);
  if (endianness() === 'LE') family.writeUInt16LE(AF_UNIX);
  else family.writeUInt16BE(AF_UNIX);
  return Buffer.concat([family, path]);
}

interface SocketCalls {
  socket(domain: number, type: number, protocol: number): number;
  sendto(
    descriptor: number,
    payload: Buffer,
    length: number,
    flags: number,
    address: Buffer,
    addressLength: number,
  ): number;
  close(descriptor: number): number;
  lastError(): string;
}

/** Loaded only here and only when systemd asked: an addon that fails to load must not stop a member. */
function loadSocketCalls(): SocketCalls {
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- an import would load it at start
  const koffi = require('koffi') as typeof import('koffi');
  const libc = koffi.load(null);
  return {
    socket: libc.func('int socket(int domain, int type, int protocol)'),
    sendto: libc.func(
      'long sendto(int fd, const uint8_t *data, size_t length, int flags, const uint8_t *address, uint32_t address_length)',
    ),
    close: libc.func('int close(int fd)'),
    lastError: () => errorName(koffi.errno()),
  };
}

const errorName = (code: number): string =>
  Object.entries(constants.errno).find(([, value]) => value === code)?.[0] ?? `errno ${code}`;
