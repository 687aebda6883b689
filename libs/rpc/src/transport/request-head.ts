import type { HeaderField } from '../http2/hpack/header-field.js';
import { isPage, pageHead } from '../page/page-head.js';
import type { PageHead } from '../page/page-head.js';
import type { CallMetadata } from '../service/call-context.js';
import { GrpcStatus } from '@etcd-ts/wire-protocol';
import { GRPC_CONTENT_TYPE } from './content-type.js';
import { parseGrpcTimeout } from './grpc-timeout.js';
import { decodeBase64, RequestMetadata } from './request-metadata.js';
import type { ServedMethod } from './served-methods.js';
import type { CallStatus } from './status-message.js';

/** A request that is answered without being looked at any further. */
export interface Refusal extends CallStatus {
  readonly httpStatus: number;
}

/** What the header fields of a call say; the same object for all calls with equal fields. */
export interface RequestHead {
  readonly path: string;
  /** As the answer is to have it, too. */
  readonly contentType: string;
  readonly timeoutMs: number | undefined;
  /** Of messages whose compressed flag is set; empty if none was named. */
  readonly encoding: string;
  readonly acceptsGzip: boolean;
  readonly metadata: CallMetadata;
  readonly refusal: Refusal | undefined;
  /** Of a request that is no call; 'malformed' if no page can be meant by it. */
  readonly page: PageHead | 'malformed' | undefined;
  /** Found when it is first asked for: services may be added while connections are open. */
  method: ServedMethod | undefined;
}

/** Refuses in grpc-go's order and words. */
export function readRequestHead(fields: readonly HeaderField[]): RequestHead {
  const metadata = new RequestMetadata(fields);
  const contentType = metadata.get('content-type') ?? '';
  const timeout = metadata.get('grpc-timeout');
  const parsed = timeout === undefined ? undefined : parseGrpcTimeout(timeout);
  const accepted = metadata.get('grpc-accept-encoding') ?? '';
  return {
    path: metadata.get(':path') ?? '',
    contentType: contentType.replace(';', '+'),
    timeoutMs: parsed?.kind === 'ms' ? parsed.ms : undefined,
    encoding: metadata.get('grpc-encoding') ?? '',
    acceptsGzip: accepted.split(',').some((name) => name.trim() === 'gzip'),
    metadata,
    refusal:
      refuseContentType(contentType) ??
      (parsed?.kind === 'malformed'
        ? badRequest(`malformed grpc-timeout: ${parsed.why}`)
        : undefined) ??
      refuseBinary(fields) ??
      refuseMethod(metadata.get(':method')),
    page: isPage(contentType) ? (pageHead(fields) ?? 'malformed') : undefined,
    method: undefined,
  };
}

function refuseContentType(contentType: string): Refusal | undefined {
  const rest = contentType.slice(GRPC_CONTENT_TYPE.length);
  // "application/grpc", or with a subtype after "+", or with parameters after ";".
  const known = contentType.startsWith(GRPC_CONTENT_TYPE) && /^(?:[+;].*)?$/u.test(rest);
  if (known) return undefined;
  return {
    httpStatus: 415,
    code: GrpcStatus.InvalidArgument,
    message: `invalid gRPC request content-type ${JSON.stringify(contentType)}`,
  };
}

function refuseBinary(fields: readonly HeaderField[]): Refusal | undefined {
  for (const { name, value } of fields) {
    if (!name.endsWith('-bin')) continue;
    if (value.split(',').every((one) => decodeBase64(one) !== undefined)) continue;
    return badRequest(
      `malformed binary metadata ${JSON.stringify(value)} in header ${JSON.stringify(name)}`,
    );
  }
  return undefined;
}

function refuseMethod(method: string | undefined): Refusal | undefined {
  if (method === 'POST') return undefined;
  return {
    httpStatus: 405,
    code: GrpcStatus.Internal,
    message: `Received a HEADERS frame with :method ${JSON.stringify(method)} which should be POST`,
  };
}

function badRequest(message: string): Refusal {
  return { httpStatus: 400, code: GrpcStatus.Internal, message };
}
