import { EtcdError, GrpcStatus } from '@etcd-ts/wire-protocol';

/** An answer of the lock and election services: etcd gives them no code of their own. */
export function refusal(message: string): EtcdError {
  return new EtcdError({ code: GrpcStatus.Unknown, message });
}

/**
 * Runs what serves such a call. In etcd these services are clients of the node themselves, and what
 * the node answers them loses its code on the way through: Unknown, with the text as it is. Only
 * the end of the call itself, by client, deadline or stop, keeps its code.
 */
export async function asClientOfTheNode<T>(signal: AbortSignal, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    if (error instanceof EtcdError && !signal.aborted) throw refusal(error.message);
    throw error;
  }
}
