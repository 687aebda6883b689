import type { GrpcCode, GrpcStatusName, ResponseHeader } from '@etcd-ts/wire-protocol';
import { ERRORS, EtcdError, GrpcStatus } from '@etcd-ts/wire-protocol';

/** History that a watch needs is gone. Read the keys anew and watch from there. */
export class CompactedError extends EtcdError {
  /** The oldest revision that can be watched. */
  readonly compactRevision: bigint;
  readonly header: ResponseHeader | undefined;

  constructor(compactRevision: bigint, header: ResponseHeader | undefined) {
    super(ERRORS.Compacted);
    this.compactRevision = compactRevision;
    this.header = header;
  }
}

/** A server cancels a watch with the text of a status, as Go prints it, or with words alone. */
export function cancelError(reason: string): EtcdError {
  const [, name = '', message = ''] = /^rpc error: code = (\w+) desc = (.*)$/su.exec(reason) ?? [];
  const code: GrpcCode | undefined = GrpcStatus[name as GrpcStatusName];
  if (code !== undefined) return new EtcdError({ code, message });
  if (reason === ERRORS.Compacted.message) return ERRORS.Compacted.error();
  const words = reason === '' ? 'watch is canceled by the server' : reason;
  return new EtcdError({ code: GrpcStatus.Canceled, message: words });
}
