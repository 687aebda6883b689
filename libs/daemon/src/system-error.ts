import { types } from 'node:util';

/** Operating system errors in the words Go has for them, which operators search for. */
const REASONS: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EADDRINUSE: 'address already in use',
  EADDRNOTAVAIL: 'cannot assign requested address',
  EISDIR: 'is a directory',
  ENOENT: 'no such file or directory',
  ENOTDIR: 'not a directory',
  EROFS: 'read-only file system',
};

/** `open /x: no such file or directory`, `listen tcp 127.0.0.1:2379: bind: address already in use`. */
export function errorText(error: unknown): string {
  // Not `instanceof`: an error may come from another realm (a worker's, a test's).
  if (!types.isNativeError(error)) return String(error);
  const { code, syscall, path, address, port } = fieldsOf(error);
  if (typeof code !== 'string' || typeof syscall !== 'string') return error.message;
  const reason = REASONS[code] ?? code;
  if (syscall === 'listen' && typeof address === 'string') {
    if (typeof port !== 'number' || port < 0) return `listen unix ${address}: bind: ${reason}`;
    const host = address.includes(':') ? `[${address}]` : address;
    return `listen tcp ${host}:${port}: bind: ${reason}`;
  }
  if (syscall === 'read' && code === 'EISDIR') return `read: ${reason}`;
  if (typeof path === 'string' && code in REASONS) return `${syscall} ${path}: ${reason}`;
  return error.message;
}

function fieldsOf(
  error: Error,
): Readonly<Record<'code' | 'syscall' | 'path' | 'address' | 'port', unknown>> {
  return {
    code: undefined,
    syscall: undefined,
    path: undefined,
    address: undefined,
    port: undefined,
    ...error,
  };
}
