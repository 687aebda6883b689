import type { GrpcCode } from './grpc-status.js';
import { grpcStatusName } from './grpc-status.js';

/** What a client is told: a gRPC code and a text, which etcd's clients compare byte for byte. */
export interface ErrorDescriptor {
  readonly code: GrpcCode;
  readonly message: string;
}

/**
 * The one operating error at the edges of the node. It is thrown to end a call, never kept or
 * compared by identity: ask for what it is with `is`.
 */
export class EtcdError extends Error {
  override readonly name = 'EtcdError';
  readonly code: GrpcCode;

  constructor({ code, message }: ErrorDescriptor) {
    super(message);
    this.code = code;
  }

  /** The texts are unique, and they are what survives the wire. */
  is(descriptor: ErrorDescriptor): boolean {
    return this.message === descriptor.message;
  }

  /** As Go prints a status, which some responses carry as text (a watch's cancel reason). */
  toStatusText(): string {
    return `rpc error: code = ${grpcStatusName(this.code)} desc = ${this.message}`;
  }
}
