import type { ClientHttp2Session, IncomingHttpHeaders } from 'node:http2';
import { connect } from 'node:http2';

export interface RawAnswer {
  /** Headers and trailers together. */
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  readonly resetCode: number;
}

/** A gRPC message in its frame. */
export function framed(message: Uint8Array, flag = 0): Buffer {
  const prefix = Buffer.alloc(5);
  prefix[0] = flag;
  prefix.writeUInt32BE(message.length, 1);
  return Buffer.concat([prefix, message]);
}

export const PUT_HEADERS = {
  ':method': 'POST',
  ':path': '/etcdserverpb.KV/Put',
  'content-type': 'application/grpc',
  te: 'trailers',
};

/** For specs: calls as no gRPC library would make them, over node's HTTP/2. */
export class RawClient {
  readonly session: ClientHttp2Session;

  constructor(address: string) {
    this.session = connect(`http://${address}`);
    this.session.on('error', () => undefined);
  }

  call(headers: Readonly<Record<string, string>>, body: Buffer): Promise<RawAnswer> {
    const stream = this.session.request({ ...PUT_HEADERS, ...headers });
    let seen: IncomingHttpHeaders = {};
    const chunks: Buffer[] = [];
    stream.on('response', (some) => (seen = { ...seen, ...some }));
    stream.on('trailers', (some) => (seen = { ...seen, ...some }));
    stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    stream.on('error', () => undefined);
    stream.end(body);
    return new Promise((resolve) =>
      stream.on('close', () =>
        resolve({ headers: seen, body: Buffer.concat(chunks), resetCode: stream.rstCode ?? 0 }),
      ),
    );
  }

  close(): void {
    this.session.destroy();
  }
}
