import type { GrpcCode } from '@etcd-ts/wire-protocol';
import type { RpcMethod } from './definition.js';

/** What happens on one method, for metrics. Called on the hot path: count and return. */
export interface MethodObserver {
  started(): void;
  /** How the call ended, and how long it took. */
  handled(code: GrpcCode, durationSeconds: number): void;
  /** Payload bytes: marshalled, without the frame around them. */
  messageReceived(payloadBytes: number): void;
  messageSent(payloadBytes: number): void;
}

export interface ServerObserver {
  /** Asked once for every method, when its service is added. */
  method(method: RpcMethod): MethodObserver;
}

const ignore = (): void => undefined;
const IGNORING_METHOD: MethodObserver = {
  started: ignore,
  handled: ignore,
  messageReceived: ignore,
  messageSent: ignore,
};

export const NO_OBSERVER: ServerObserver = { method: () => IGNORING_METHOD };
