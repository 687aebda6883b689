import type { KeySpace } from '@etcd-ts/client';
import { inwardKeyValue } from '@etcd-ts/client';
import type {
  DeleteRangeResponse,
  PutResponse,
  RangeResponse,
  ResponseOp,
  TxnResponse,
} from '@etcd-ts/wire-protocol';

/** Answers as clients of the namespace have to see them: keys without its prefix. */
export class InwardResponses {
  readonly #space: KeySpace;

  constructor(space: KeySpace) {
    this.#space = space;
  }

  range(response: RangeResponse): RangeResponse {
    return { ...response, kvs: response.kvs.map((kv) => inwardKeyValue(this.#space, kv)) };
  }

  put(response: PutResponse): PutResponse {
    return { ...response, prevKv: inwardKeyValue(this.#space, response.prevKv) };
  }

  deleteRange(response: DeleteRangeResponse): DeleteRangeResponse {
    return { ...response, prevKvs: response.prevKvs.map((kv) => inwardKeyValue(this.#space, kv)) };
  }

  txn(response: TxnResponse): TxnResponse {
    return { ...response, responses: response.responses.map((each) => this.#operation(each)) };
  }

  #operation({ response }: ResponseOp): ResponseOp {
    switch (response?.$case) {
      case 'responseRange':
        return { response: { $case: 'responseRange', value: this.range(response.value) } };
      case 'responsePut':
        return { response: { $case: 'responsePut', value: this.put(response.value) } };
      case 'responseDeleteRange':
        return {
          response: { $case: 'responseDeleteRange', value: this.deleteRange(response.value) },
        };
      case 'responseTxn':
        return { response: { $case: 'responseTxn', value: this.txn(response.value) } };
      case undefined:
        return { response };
    }
  }
}
