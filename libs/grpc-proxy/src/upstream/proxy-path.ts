import { EtcdError, GrpcStatus } from '@etcd-ts/wire-protocol';

/** Request metadata: the proxies a call has come through. */
export const PATH_METADATA = 'etcd-proxy-path';
/** A chain of proxies is as long as somebody means it; a circle through others' is longer. */
const MAX_PROXIES = 8;

/**
 * The path of a call behind the proxy with this id. Throws when the call has been here before: a
 * proxy that is its own endpoint, however it got there, would go round until the machine is full.
 */
export function extendPath(path: string | undefined, id: string): string {
  if (path === undefined || path === '') return id;
  const ids = path.split(',', MAX_PROXIES + 1);
  if (!ids.includes(id) && ids.length < MAX_PROXIES) return `${path},${id}`;
  throw new EtcdError({
    code: GrpcStatus.FailedPrecondition,
    message: 'grpc-proxy: the endpoints of this proxy lead back to it',
  });
}
