import {
  KVDefinition,
  PutRequest,
  RangeRequest,
  RangeStreamResponse,
  WatchDefinition,
  WatchRequest,
  WatchResponse,
} from '@etcd-ts/wire-protocol';
import type { ErrorDescriptor } from '@etcd-ts/wire-protocol';
import type { BoundService, DirectHandlers } from '../service/bound-service.js';
import { bindService } from '../service/bound-service.js';
import type { ServiceHandlers } from '../service/handlers.js';

export type KVHandlers = ServiceHandlers<typeof KVDefinition>;
export type WatchHandlers = ServiceHandlers<typeof WatchDefinition>;

export const unused = (): never => {
  throw new Error('not part of this test');
};
export const kv = (handlers: Partial<KVHandlers>, direct?: DirectHandlers): BoundService =>
  bindService(
    KVDefinition,
    {
      range: unused,
      rangeStream: unused,
      put: unused,
      deleteRange: unused,
      txn: unused,
      compact: unused,
      ...handlers,
    },
    direct,
  );
export const watch = (handler: WatchHandlers['watch']): BoundService =>
  bindService(WatchDefinition, { watch: handler });

export const putOf = (key: string, value = Buffer.alloc(0)): PutRequest =>
  PutRequest.fromPartial({ key: Buffer.from(key), value });
export const ANY_RANGE = RangeRequest.fromPartial({});
export const blob = (bytes: number): RangeStreamResponse =>
  RangeStreamResponse.fromPartial({
    rangeResponse: { kvs: [{ value: Buffer.alloc(bytes) }] },
  });
export const watchId = (id: number): WatchResponse =>
  WatchResponse.fromPartial({ watchId: BigInt(id) });
export const cancelOf = (id: number): WatchRequest => ({
  requestUnion: { $case: 'cancelRequest', value: { watchId: BigInt(id) } },
});
export const aborted = (signal: AbortSignal): Promise<unknown> =>
  new Promise((resolve) =>
    signal.addEventListener('abort', () => resolve(signal.reason), { once: true }),
  );

/** A promise and the function that fulfils it: how a handler tells its test something. */
export function report<T>(): { told: Promise<T>; tell(value: T): void } {
  let tell: (value: T) => void = () => undefined;
  const told = new Promise<T>((resolve) => (tell = resolve));
  return { told, tell };
}

export const statusOf = ({ code, message }: ErrorDescriptor): ErrorDescriptor => ({
  code,
  message,
});

/** How many there are, once they have all come. */
export async function countOf(messages: AsyncIterable<unknown>): Promise<number> {
  let count = 0;
  for await (const message of messages) if (message !== undefined) count++;
  return count;
}
