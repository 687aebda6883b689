import { BinaryReader } from '@bufbuild/protobuf/wire';
import type { LogFields } from '@etcd-ts/foundation';
import { DeleteRangeRequest, PutRequest, RangeRequest, TxnRequest } from '@etcd-ts/wire-protocol';

import { contentOf } from './request-content.js';

/** Field numbers of the responses, see rpc.proto. */
const RANGE_COUNT = 4;
const DELETED = 2;
const TXN_SUCCEEDED = 2;

/** etcd's way to say that it does not look into this kind of request. */
const UNKNOWN: LogFields = {
  'request count': -1,
  'request size': -1,
  'response count': -1,
  'response size': -1,
  'request content': '',
};

interface Counts {
  readonly request: number;
  readonly response: number;
  readonly content: string;
}

/**
 * What etcd tells of a slow request: its keys and sizes, never a value. A slow response may be very
 * large, which must not make it slower still: of it nothing is decoded but one number.
 */
export function requestStats(
  method: string,
  request: Uint8Array,
  response: Uint8Array | undefined,
): LogFields {
  const counts = countsOf(method, request, response);
  if (counts === undefined) return UNKNOWN;
  return {
    'request count': counts.request,
    'request size': request.length,
    'response count': counts.response,
    'response size': response?.length ?? 0,
    'request content': counts.content,
  };
}

function countsOf(
  method: string,
  request: Uint8Array,
  response: Uint8Array | undefined,
): Counts | undefined {
  const field = (no: number): number => (response === undefined ? 0 : varintField(response, no));
  try {
    switch (method) {
      case '/etcdserverpb.KV/Range': {
        const value = RangeRequest.decode(request);
        const content = contentOf({ $case: 'requestRange', value });
        return { request: 0, response: field(RANGE_COUNT), content };
      }
      case '/etcdserverpb.KV/Put': {
        const value = PutRequest.decode(request);
        return { request: 1, response: 0, content: contentOf({ $case: 'requestPut', value }) };
      }
      case '/etcdserverpb.KV/DeleteRange': {
        const value = DeleteRangeRequest.decode(request);
        const content = contentOf({ $case: 'requestDeleteRange', value });
        return { request: 0, response: field(DELETED), content };
      }
      case '/etcdserverpb.KV/Txn': {
        const value = TxnRequest.decode(request);
        const taken = field(TXN_SUCCEEDED) === 1 ? value.success : value.failure;
        const content = contentOf({ $case: 'requestTxn', value });
        return { request: taken.length, response: 0, content };
      }
      default:
        return undefined;
    }
  } catch {
    // Bytes that are no message: the client has been told so already.
    return undefined;
  }
}

/** A number at the top level of a message; whatever lies before it is skipped, not decoded. */
function varintField(message: Uint8Array, no: number): number {
  const reader = new BinaryReader(message);
  while (reader.pos < reader.len) {
    const [field, wireType] = reader.tag();
    if (field === no && wireType === 0) return Number(reader.int64());
    reader.skip(wireType, field);
  }
  return 0;
}
