import { assert, SeededRng, SILENT_LOGGER } from '@etcd-ts/foundation';
import type { Rng } from '@etcd-ts/foundation';
import { pick } from '@etcd-ts/fuzzing';
import { ManualTime } from '@etcd-ts/manual-time';
import { ERRORS } from '@etcd-ts/wire-protocol';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import { Flag, FrameType } from '../http2/frame.js';
import { framesIn } from '../http2/testing/raw-frames.js';
import type { SeenFrame } from '../http2/testing/raw-frames.js';
import type { BoundMethod, ByteSink } from '../service/bound-service.js';
import type { MethodObserver } from '../service/observer.js';
import { MemorySocket } from '../page/memory-socket.js';
import { ManualSocket, turns } from '../testing/manual-socket.js';
import { GrpcServer } from '../transport/grpc-server.js';
import { cutUp, greeting, RandomClient } from './traffic.js';

const PATHS = ['/s/Unary', '/s/ServerStream', '/s/Bidi', '/s/None'];

/** Calls that were begun and have not ended. */
interface Tally {
  running: number;
}

/**
 * One connection of the whole server, with handlers by chance: every call that begins ends, no
 * stream is answered after its end, and nothing is left when the client has gone. A case is a frame,
 * or what is in the place of one.
 */
export async function round(seed: number): Promise<number> {
  const rng = new SeededRng(seed);
  const time = new ManualTime();
  const tally: Tally = { running: 0 };
  const server = serverOf(rng, time, tally);
  const socket = new ManualSocket();
  const http = pageServer(rng, tally);
  const pages = (): MemorySocket => {
    const pair = MemorySocket.pair({});
    http.emit('connection', pair.server);
    return pair.client;
  };
  server.acceptConnection(socket, { pages });
  const faults = pick(rng, [0, 0.01, 0.1]);
  const client = new RandomClient(rng, { paths: PATHS, faults, pages: true });
  socket.say(greeting(rng, faults));
  let cases = 1;
  for (let burst = 1 + rng.below(6); burst > 0; burst--) {
    const words = Array.from({ length: rng.below(20) }, () => client.next());
    cases += words.length;
    for (const chunk of cutUp(rng, Buffer.concat(words))) if (!socket.destroyed) socket.say(chunk);
    socket.reads = rng.below(3) > 0;
    await turns(1 + rng.below(3));
    time.pass(rng.below(3_000));
    if (socket.reads) socket.readOn();
  }
  socket.readOn();
  await turns(3);
  checkAnswers(framesIn(Buffer.concat(socket.taken)));
  if (rng.below(2) === 0) socket.destroy();
  const closed = server.close(5_000);
  await turns(2);
  time.pass(6_000);
  await closed;
  // What is being inflated is in another thread, and takes its time.
  for (let wait = 0; tally.running > 0 && wait < 500; wait++) {
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  assert(tally.running === 0, `${tally.running} calls have not ended`);
  assert(time.timers === 0, 'a timer is left');
  return cases;
}

/** Pages that are answered in every way there is, or not at all. */
function pageServer(rng: Rng, tally: Tally): Server {
  return createServer((request, response) => {
    tally.running++;
    response.on('close', () => void tally.running--);
    const answer = (): Buffer => Buffer.alloc(pick(rng, [0, 1, 100, 70_000, 300_000]));
    switch (request.url) {
      case '/empty':
        return response.writeHead(204).end();
      case '/much':
        response.write(answer());
        return response.end(answer());
      case '/slow':
        response.write('a beginning');
        return;
      case '/cut':
        response.write(answer());
        return response.destroy();
      case '/read':
        request.on('data', (chunk: Buffer) => response.write(chunk));
        return request.on('end', () => response.end());
      default:
        return response.end(answer());
    }
  });
}

function checkAnswers(frames: readonly SeenFrame[]): void {
  const ended = new Set<number>();
  for (const { type, flags, streamId } of frames) {
    if (type !== FrameType.Headers && type !== FrameType.Data) continue;
    assert(!ended.has(streamId), `stream ${streamId} is answered after its end`);
    if ((flags & Flag.EndStream) !== 0) ended.add(streamId);
  }
}

function serverOf(rng: Rng, time: ManualTime, tally: Tally): GrpcServer {
  const observer: MethodObserver = {
    started: () => void tally.running++,
    handled: () => void tally.running--,
    messageReceived: () => undefined,
    messageSent: () => undefined,
  };
  const server = new GrpcServer({
    maxReceiveBytes: 5_000,
    maxConcurrentStreams: pick(rng, [5, 1_000]),
    keepaliveMinTimeMs: 1_000,
    keepaliveIntervalMs: 2_000,
    keepaliveTimeoutMs: 1_000,
    observer: { method: () => observer },
    logger: SILENT_LOGGER,
    clock: time,
    scheduler: time,
  });
  server.add({ fullName: 's', methods: methodsOf(rng) });
  return server;
}

function methodsOf(rng: Rng): readonly BoundMethod[] {
  const named = (method: string) => ({ service: 's', method, path: `/s/${method}` });
  const answer = (): Uint8Array => Buffer.alloc(pick(rng, [0, 1, 100, 70_000]));
  const write = async (out: ByteSink): Promise<void> => {
    for (let count = rng.below(5); count > 0; count--) {
      if (!out.write(answer())) await out.drained();
    }
  };
  const mayThrow = (): void => {
    if (rng.below(6) === 0) throw pick(rng, [ERRORS.NoLeader.error(), new Error('a fault: ü')]);
  };
  return [
    {
      ...named('Unary'),
      type: 'unary',
      handle: (_request, call) => {
        mayThrow();
        if (rng.below(2) === 0) return answer();
        const done = new Promise<void>((resolve) => setImmediate(resolve));
        return (rng.below(3) === 0 ? aborted(call.signal) : done).then(answer);
      },
    },
    {
      ...named('ServerStream'),
      type: 'server_stream',
      handle: async (_request, _call, out) => {
        await write(out);
        mayThrow();
      },
    },
    {
      ...named('Bidi'),
      type: 'bidi_stream',
      handle: async (incoming, _call, out) => {
        for await (const message of incoming) {
          if (message.length % 7 === 6) break;
          await write(out);
        }
        mayThrow();
      },
    },
  ];
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve());
  });
}
