import type {
  DeleteRangeResponse,
  PutResponse,
  RangeResponse,
  ResponseOp,
  TxnResponse,
} from '@etcd-ts/wire-protocol';
import type { KeySpace } from './key-space.js';
import { inwardKeyValue, WHOLE_KEY_SPACE } from './key-space.js';

export function inwardRange(space: KeySpace, response: RangeResponse): RangeResponse {
  if (space === WHOLE_KEY_SPACE) return response;
  return { ...response, kvs: response.kvs.map((pair) => inwardKeyValue(space, pair)) };
}

export function inwardPut(space: KeySpace, response: PutResponse): PutResponse {
  return { ...response, prevKv: inwardKeyValue(space, response.prevKv) };
}

export function inwardDelete(space: KeySpace, response: DeleteRangeResponse): DeleteRangeResponse {
  return { ...response, prevKvs: response.prevKvs.map((pair) => inwardKeyValue(space, pair)) };
}

export function inwardTxn(space: KeySpace, response: TxnResponse): TxnResponse {
  if (space === WHOLE_KEY_SPACE) return response;
  return { ...response, responses: response.responses.map((each) => inwardOp(space, each)) };
}

function inwardOp(space: KeySpace, { response }: ResponseOp): ResponseOp {
  switch (response?.$case) {
    case undefined:
      return { response: undefined };
    case 'responseRange':
      return { response: { ...response, value: inwardRange(space, response.value) } };
    case 'responsePut':
      return { response: { ...response, value: inwardPut(space, response.value) } };
    case 'responseDeleteRange':
      return { response: { ...response, value: inwardDelete(space, response.value) } };
    case 'responseTxn':
      return { response: { ...response, value: inwardTxn(space, response.value) } };
  }
}
