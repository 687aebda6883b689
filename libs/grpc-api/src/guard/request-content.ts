import type {
  Compare,
  DeleteRangeRequest,
  PutRequest,
  RangeRequest,
  RequestOp,
  TxnRequest,
} from '@etcd-ts/wire-protocol';

/** Characters of one request in a log line: a transaction can be 1.5 MiB. */
const MAX_CONTENT_LENGTH = 1024;

/** A request in the text form of protobuf, with the sizes of values in their place. */
export function contentOf(operation: NonNullable<RequestOp['request']>): string {
  const text = operationText(operation);
  if (text.length <= MAX_CONTENT_LENGTH) return text;
  return `${text.slice(0, MAX_CONTENT_LENGTH)}... (${text.length} characters)`;
}

function operationText(operation: NonNullable<RequestOp['request']>): string {
  switch (operation.$case) {
    case 'requestRange':
      return rangeText(operation.value);
    case 'requestPut':
      return putText(operation.value);
    case 'requestDeleteRange':
      return deleteRangeText(operation.value);
    case 'requestTxn':
      return txnText(operation.value);
  }
}

function rangeText(request: RangeRequest): string {
  return fields({
    key: request.key,
    range_end: request.rangeEnd,
    limit: request.limit,
    revision: request.revision,
    sort_order: request.sortOrder,
    sort_target: request.sortTarget,
    serializable: request.serializable,
    keys_only: request.keysOnly,
    count_only: request.countOnly,
    min_mod_revision: request.minModRevision,
    max_mod_revision: request.maxModRevision,
    min_create_revision: request.minCreateRevision,
    max_create_revision: request.maxCreateRevision,
  });
}

function putText(request: PutRequest): string {
  return fields({
    key: request.key,
    value_size: request.value.length,
    lease: request.lease,
    prev_kv: request.prevKv,
    ignore_value: request.ignoreValue,
    ignore_lease: request.ignoreLease,
  });
}

function deleteRangeText({ key, rangeEnd, prevKv }: DeleteRangeRequest): string {
  return fields({ key, range_end: rangeEnd, prev_kv: prevKv });
}

function txnText({ compare, success, failure }: TxnRequest): string {
  return [
    ...compare.map((one) => `compare:<${compareText(one)}>`),
    ...success.map((one) => `success:<${requestOpText(one)}>`),
    ...failure.map((one) => `failure:<${requestOpText(one)}>`),
  ].join(' ');
}

function compareText({ result, target, key, targetUnion, rangeEnd }: Compare): string {
  const operand =
    targetUnion?.$case === 'value'
      ? { value_size: targetUnion.value.length }
      : { is: targetUnion?.value ?? 0n };
  return fields({ result, target, key, range_end: rangeEnd, ...operand });
}

const OPERATION_NAMES = {
  requestRange: 'request_range',
  requestPut: 'request_put',
  requestDeleteRange: 'request_delete_range',
  requestTxn: 'request_txn',
} as const;

function requestOpText({ request }: RequestOp): string {
  if (request === undefined) return '';
  return `${OPERATION_NAMES[request.$case]}:<${operationText(request)}>`;
}

type Field = Uint8Array | bigint | number | boolean;

/** Without those that have their default, as protobuf prints them. */
function fields(values: Readonly<Record<string, Field>>): string {
  const texts: string[] = [];
  for (const [name, value] of Object.entries(values)) {
    if (value instanceof Uint8Array) {
      if (value.length > 0) texts.push(`${name}:"${quoted(value)}"`);
    } else if (value) texts.push(`${name}:${value}`);
  }
  return texts.join(' ');
}

/** Bytes as a C string: what is not printable in octal. */
function quoted(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    .toString('latin1')
    .replace(/[^\x20-\x7e]|["\\]/gu, (character) =>
      character === '"' || character === '\\'
        ? `\\${character}`
        : `\\${character.charCodeAt(0).toString(8).padStart(3, '0')}`,
    );
}
