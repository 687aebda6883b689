import { connect, type Socket } from 'node:net';

import { within } from '@etcd-ts/testkit';

import type { HttpAnswer } from './http-request.js';

const ANSWER_TIMEOUT_MS = 60_000;

/** A connection that has these bytes on it: one character each. What becomes of it is not told. */
export async function send(endpoint: string, bytes: string): Promise<Socket> {
  const [host = '', port] = endpoint.split(':');
  const socket = connect(Number(port), host);
  socket.on('error', () => socket.destroy());
  await within(
    'a connection',
    ANSWER_TIMEOUT_MS,
    new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve);
      socket.once('close', () => reject(new Error(`${endpoint} takes no connection`)));
    }),
  );
  socket.write(Buffer.from(bytes, 'latin1'));
  return socket;
}

/** What a server says to bytes that no HTTP client would send, until it ends the connection. */
export async function askRaw(endpoint: string, bytes: string): Promise<HttpAnswer> {
  const socket = await send(endpoint, bytes);
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  await within(`an answer to ${bytes.slice(0, 60)}`, ANSWER_TIMEOUT_MS, closed);
  return parsed(Buffer.concat(chunks).toString('latin1'));
}

function parsed(text: string): HttpAnswer {
  const cut = text.indexOf('\r\n\r\n');
  const [first = '', ...lines] = text.slice(0, cut).split('\r\n');
  const headers = Object.fromEntries(
    lines.map((line) => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
    }),
  );
  const body = text.slice(cut + 4);
  const whole = headers['transfer-encoding'] === 'chunked' ? unchunked(body) : body;
  return {
    status: Number(first.split(' ')[1]),
    headers,
    body: Buffer.from(whole, 'latin1').toString('utf8'),
  };
}

function unchunked(body: string): string {
  let rest = body;
  let whole = '';
  for (;;) {
    const line = rest.indexOf('\r\n');
    const length = parseInt(rest.slice(0, line), 16);
    if (!(length > 0)) return whole;
    whole += rest.slice(line + 2, line + 2 + length);
    rest = rest.slice(line + 2 + length + 2);
  }
}
