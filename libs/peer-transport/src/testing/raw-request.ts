import { once } from 'node:events';
import { request } from 'node:http';
import type { OutgoingHttpHeaders } from 'node:http';
import { connect } from 'node:net';
import { hexId } from '@etcd-ts/foundation';
import { CLUSTER } from './test-member.js';

export interface RawAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

/** What a member of this cluster says about itself. */
export const MEMBER_HEADERS = {
  'X-Server-From': '2',
  'X-Server-Version': '3.4.23',
  'X-Min-Cluster-Version': '3.0.0',
  'X-Etcd-Cluster-ID': hexId(CLUSTER),
} as const;

/** One request with an answer that ends. */
export async function ask(
  url: string,
  method: string,
  headers: OutgoingHttpHeaders = MEMBER_HEADERS,
  body?: Uint8Array | string,
): Promise<RawAnswer> {
  const outgoing = request(url, { method, headers, agent: false });
  outgoing.on('error', () => undefined);
  outgoing.end(body);
  const [response] = (await once(outgoing, 'response')) as [import('node:http').IncomingMessage];
  const chunks: Buffer[] = [];
  for await (const chunk of response as AsyncIterable<Buffer>) chunks.push(chunk);
  const text = Buffer.concat(chunks).toString();
  return { status: response.statusCode ?? 0, headers: response.headers, body: text };
}

/** Bytes as they are, on a connection that this side keeps open; what came back when it closed. */
export async function sendBytes(url: string, bytes: Uint8Array | string): Promise<string> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  let answer = '';
  socket.setEncoding('latin1').on('data', (chunk: string) => (answer += chunk));
  socket.on('error', () => undefined);
  socket.write(bytes);
  await once(socket, 'close');
  return answer;
}
