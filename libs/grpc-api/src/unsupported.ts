import { EtcdError, GrpcStatus } from '@etcd-ts/wire-protocol';

/** The whole of a method that a later release brings: a clear refusal, never a pretended success. */
export function unsupported(what: string): () => Promise<never> {
  return () =>
    Promise.reject(
      new EtcdError({
        code: GrpcStatus.Unimplemented,
        message: `etcdserver: ${what} is not supported yet by this version of etcd-ts`,
      }),
    );
}
