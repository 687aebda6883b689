import { assert } from '@etcd-ts/foundation';

/** One answer, as it was on the connection; headers by their names in lower case. */
export interface MemoryReply {
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
  readonly body: Buffer;
  /** The body has come to its end. */
  readonly whole: boolean;
}

const HEAD = /^HTTP\/1\.1 (\d{3}) [^\r\n]*\r\n/u;
const CRLF = '\r\n';
const NO_BODY = new Set([204, 304]);

/**
 * The answers that a server gave one after the other, read as strictly as a client must: any byte
 * too many would be the beginning of an answer to somebody else. `toHead`: whether the request at
 * this place was one for the head only. Interim answers are left out.
 */
export function repliesIn(
  bytes: Buffer,
  toHead: (place: number) => boolean = () => false,
): readonly MemoryReply[] {
  const replies: MemoryReply[] = [];
  for (let rest = bytes; rest.length > 0;) {
    const end = rest.indexOf(CRLF + CRLF);
    assert(end >= 0, () => `no head: ${JSON.stringify(rest.toString('latin1').slice(0, 200))}`);
    const head = rest.toString('latin1', 0, end + CRLF.length);
    const status = Number(HEAD.exec(head)?.[1]);
    assert(!Number.isNaN(status), () => `no status: ${JSON.stringify(head.slice(0, 200))}`);
    const after = rest.subarray(end + 2 * CRLF.length);
    if (status < 200) {
      rest = after;
      continue;
    }
    const headers = headersIn(head);
    const isEmpty = NO_BODY.has(status) || toHead(replies.length);
    const { body, whole, length } = isEmpty ? NOTHING : bodyOf(headers, after);
    replies.push({ status, headers, body, whole });
    rest = after.subarray(length);
  }
  return replies;
}

interface Body {
  readonly body: Buffer;
  readonly whole: boolean;
  /** On the connection. */
  readonly length: number;
}

const NOTHING: Body = { body: Buffer.alloc(0), whole: true, length: 0 };

function headersIn(head: string): ReadonlyMap<string, string> {
  const lines = head.split(CRLF).slice(1, -1);
  return new Map(
    lines.map((line) => {
      const colon = line.indexOf(':');
      assert(colon > 0, () => `no header: ${JSON.stringify(line)}`);
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
    }),
  );
}

function bodyOf(headers: ReadonlyMap<string, string>, after: Buffer): Body {
  if (headers.get('transfer-encoding') === 'chunked') return chunksOf(after);
  const length = headers.get('content-length');
  // Until the end of the connection.
  if (length === undefined) return { body: after, whole: true, length: after.length };
  const body = after.subarray(0, Number(length));
  return { body, whole: body.length === Number(length), length: body.length };
}

function chunksOf(after: Buffer): Body {
  const chunks: Buffer[] = [];
  for (let at = 0; ;) {
    const line = after.indexOf(CRLF, at);
    const size = line < 0 ? NaN : Number.parseInt(after.toString('latin1', at, line), 16);
    const start = line + CRLF.length;
    const end = start + size + CRLF.length;
    if (Number.isNaN(size) || end > after.length) {
      return { body: Buffer.concat(chunks), whole: false, length: after.length };
    }
    if (size === 0) return { body: Buffer.concat(chunks), whole: true, length: end };
    chunks.push(after.subarray(start, start + size));
    at = end;
  }
}
