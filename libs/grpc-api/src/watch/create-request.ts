import { compareBytes, EMPTY_BYTES } from '@etcd-ts/foundation';
import type { WatcherOptions } from '@etcd-ts/mvcc';
import { ERRORS, WatchCreateRequest_FilterType } from '@etcd-ts/wire-protocol';
import type { EtcdError, WatchCreateRequest } from '@etcd-ts/wire-protocol';

const FIRST_KEY = Buffer.of(0);

/** Why a watcher cannot be, in etcd's words; undefined when it can. */
export function refuseCreate(request: WatchCreateRequest, idTaken: boolean): string | undefined {
  // Everything below the first revision is gone, on every store.
  if (request.startRevision < 0n) return ERRORS.Compacted.message;
  if (isEmptyRange(request)) return 'mvcc: watcher range is empty';
  if (idTaken && request.watchId !== 0n) {
    return 'mvcc: duplicate watch ID provided on the WatchStream';
  }
  return undefined;
}

/** The request in the store's terms: an empty key stands for the first key there can be. */
export function watchInterest(request: WatchCreateRequest): Omit<WatcherOptions, 'sink'> {
  return {
    key: watchKey(request),
    rangeEnd: request.rangeEnd.length === 0 ? EMPTY_BYTES : request.rangeEnd,
    startRevision: Number(request.startRevision),
    noPut: request.filters.includes(WatchCreateRequest_FilterType.NOPUT),
    noDelete: request.filters.includes(WatchCreateRequest_FilterType.NODELETE),
  };
}

function isEmptyRange(request: WatchCreateRequest): boolean {
  const { rangeEnd } = request;
  const openEnded = rangeEnd.length === 1 && rangeEnd[0] === 0;
  if (rangeEnd.length === 0 || openEnded) return false;
  return compareBytes(watchKey(request), rangeEnd) >= 0;
}

/** What a watch is cancelled with, of which clients know these; anything else is a denial to them. */
export function cancelReasonOf(error: EtcdError): string {
  const { InvalidAuthToken, AuthOldRevision, UserEmpty, PermissionDenied } = ERRORS;
  const known = [InvalidAuthToken, AuthOldRevision, UserEmpty].some((one) => error.is(one));
  return (known ? error : PermissionDenied.error()).toStatusText();
}

/** An empty key stands for the first key there can be. */
export function watchKey({ key }: WatchCreateRequest): Uint8Array {
  return key.length === 0 ? FIRST_KEY : key;
}
