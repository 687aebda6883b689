import { EMPTY_BYTES } from '@etcd-ts/foundation';
import { bindService, Encoded } from '@etcd-ts/rpc';
import type { BoundService, ServiceHandlers } from '@etcd-ts/rpc';
import type { EtcdServer } from '@etcd-ts/server';
import {
  ERRORS,
  EtcdError,
  GrpcStatus,
  KVDefinition,
  TxnRequest,
  TxnResponse,
} from '@etcd-ts/wire-protocol';
import type { RangeRequest } from '@etcd-ts/wire-protocol';

import { decodedOrNot } from './decoded-or-not.js';
import { withHeader } from './header.js';
import { HeaderField } from './header-field.js';
import { MessageAnswer } from './message-answer.js';
import { PutAnswer } from './put-answer.js';
import { rangeResponse, rangeStreamResponse } from './range-answer.js';
import { checkDeleteRange, checkPut, checkRange, checkTxn } from './request-validation.js';
import { mayWrite } from './writing-txn.js';

export function kvService(server: EtcdServer): BoundService {
  const { facts, directWrites } = server;
  const headerField = new HeaderField(facts);
  const handlers: ServiceHandlers<typeof KVDefinition> = {
    range: async (request, call) => {
      // A learner may lag behind for as long as it likes: only what may be stale can be read there.
      if (facts.isLearner() && !request.serializable) throw ERRORS.NotSupportedForLearner.error();
      checkRange(request);
      const range = await server.as(call).keyValues.rangeEncoded(request);
      return new Encoded(rangeResponse(headerField.of(range.revision), range));
    },
    rangeStream: async (request, call, out) => {
      checkRange(request);
      checkStreamable(request);
      for await (const { rows, end } of server.as(call).keyValues.rangeStream(request)) {
        const chunk =
          end === undefined
            ? rangeResponse(EMPTY_BYTES, { rows, more: false, count: 0 })
            : rangeResponse(headerField.of(end.revision), { rows, ...end });
        if (!out.write(rangeStreamResponse(chunk))) await out.drained();
      }
    },
    put: (request, call) => {
      checkPut(request);
      return server
        .as(call)
        .keyValues.put(request)
        .then((response) => withHeader(facts, response));
    },
    deleteRange: async (request, call) => {
      checkDeleteRange(request);
      return withHeader(facts, await server.as(call).keyValues.deleteRange(request));
    },
    txn: async (request, call) => {
      checkTxn(request, facts.maxTxnOperations);
      return withHeader(facts, await server.as(call).keyValues.txn(request));
    },
    compact: async (request, call) =>
      withHeader(facts, await server.as(call).keyValues.compact(request)),
  };
  return bindService(KVDefinition, handlers, {
    put: (request, call, answer, slow) =>
      directWrites.proposePut(request, new PutAnswer(headerField, call, answer, slow)),
    txn: (bytes, call, answer, slow) => {
      if (!directWrites.isOpen || !mayWrite(bytes)) return false;
      const request = decodedOrNot(TxnRequest, bytes);
      if (request === undefined) return false;
      checkTxn(request, facts.maxTxnOperations);
      const txn = new MessageAnswer('txn', TxnResponse, facts, call, answer, slow);
      return directWrites.proposeTxn(request, bytes, txn);
    },
  });
}

/** A stream goes through the keys once, in their order: it can neither sort nor filter. */
function checkStreamable(request: RangeRequest): void {
  // Ascending by key is the natural order, whichever way it is asked for.
  const sorted = request.sortTarget !== 0 || request.sortOrder === 2;
  if (sorted) throw unimplemented('RangeStream does not support custom sort orders');
  const { minModRevision, maxModRevision, minCreateRevision, maxCreateRevision } = request;
  const filters = [minModRevision, maxModRevision, minCreateRevision, maxCreateRevision];
  if (filters.some((filter) => filter !== 0n)) {
    throw unimplemented('RangeStream does not support revision filters');
  }
}

function unimplemented(message: string): EtcdError {
  return new EtcdError({ code: GrpcStatus.Unimplemented, message });
}
