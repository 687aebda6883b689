import type { HeaderField } from '../http2/hpack/header-field.js';
import { GRPC_CONTENT_TYPE } from '../transport/content-type.js';

/** The head of a request that is no call, as HTTP/1 has it. Shared by equal requests. */
export interface PageHead {
  readonly method: string;
  readonly target: string;
  /** Names and values in turns. */
  readonly headers: readonly string[];
}

/** As etcd, which gives a request of any such type to gRPC and every other one to its pages. */
export function isPage(contentType: string): boolean {
  return !contentType.startsWith(GRPC_CONTENT_TYPE);
}

/**
 * Undefined for what cannot be written as HTTP/1 or would mean something else there: a target that
 * is no path from the root on could name another host, or another page for whoever reads it next.
 */
export function pageHead(fields: readonly HeaderField[]): PageHead | undefined {
  const pseudo = new Map<string, string>();
  const regular: HeaderField[] = [];
  for (const field of fields) {
    if (field.name.startsWith(':')) pseudo.set(field.name, field.value);
    else if (!NOT_PASSED_ON.has(field.name)) regular.push(field);
  }
  const method = pseudo.get(':method') ?? '';
  const target = pseudo.get(':path') ?? '';
  const authority = pseudo.get(':authority');
  const headers = regular.filter(({ name }) => name !== 'host' || authority === undefined);
  if (authority !== undefined) headers.unshift({ name: 'host', value: authority });
  const isTarget = TARGET.test(target) || (method === 'OPTIONS' && target === '*');
  if (!isTarget || !METHOD.test(method) || method === 'CONNECT') return undefined;
  if (!headers.every(({ value }) => FIELD_VALUE.test(value))) return undefined;
  return { method, target, headers: headers.flatMap(({ name, value }) => [name, value]) };
}

const TARGET = /^\/[\x21-\x7e\x80-\xff]*$/u;
const METHOD = /^[A-Z-]{1,24}$/u;
const FIELD_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/u;

/**
 * The body's length is what its frames are: a second opinion on it is how requests are smuggled. The
 * others are about a connection, which is another one here.
 */
const NOT_PASSED_ON: ReadonlySet<string> = new Set(['content-length', 'expect', 'te', 'trailer']);
