import { bool, duration, int64, text } from '@etcd-ts/command-line';
import type { Flag } from '@etcd-ts/command-line';
import { FORMATS } from './output/output.js';

/** Of every command. Each is also an environment variable: ETCDCTL_WRITE_OUT, and so on. */
export const GLOBAL_FLAGS: readonly Flag[] = [
  { name: 'endpoints', kind: 'strings', default: '127.0.0.1:2379', usage: 'gRPC endpoints' },
  bool('debug', 'enable client-side debug logging'),
  {
    name: 'write-out',
    shorthand: 'w',
    kind: 'string',
    default: 'simple',
    usage: `set the output format (${FORMATS.join(', ')})`,
  },
  bool('hex', 'print byte strings as hex encoded strings'),
  duration('dial-timeout', 'dial timeout for client connections', '2s'),
  duration('command-timeout', 'timeout for short running command (excluding dial timeout)', '5s'),
  duration('keepalive-time', 'keepalive time for client connections', '2s'),
  duration('keepalive-timeout', 'keepalive timeout for client connections', '6s'),
  int64(
    'max-request-bytes',
    'client-side request send limit in bytes (if 0, it defaults to 2.0 MiB (2 * 1024 * 1024).)',
  ),
  int64(
    'max-recv-bytes',
    'client-side response receive limit in bytes (if 0, it defaults to "math.MaxInt32")',
  ),
  bool('insecure-transport', 'disable transport security for client connections', true),
  bool('insecure-discovery', 'accept insecure SRV records describing cluster endpoints', true),
  bool(
    'insecure-skip-tls-verify',
    'skip server certificate verification (CAUTION: this option should be enabled only for testing purposes)',
  ),
  text('cert', 'identify secure client using this TLS certificate file'),
  text('key', 'identify secure client using this TLS key file'),
  text('cacert', 'verify certificates of TLS-enabled secure servers using this CA bundle'),
  text(
    'auth-jwt-token',
    'JWT token used for authentication (if this option is used, --user and --password should not be set)',
  ),
  text('user', 'username[:password] for authentication (prompt if password is not supplied)'),
  text(
    'password',
    "password for authentication (if this option is used, --user option shouldn't include password)",
  ),
  {
    ...text('discovery-srv', 'domain name to query for SRV records describing cluster endpoints'),
    shorthand: 'd',
  },
  text('discovery-srv-name', 'service name to query when using DNS discovery'),
];
