import { assert, SeededRng } from '@etcd-ts/foundation';
import type { Rng } from '@etcd-ts/foundation';
import { pick } from '@etcd-ts/fuzzing';
import { OUTPUT_HIGH_WATER_BYTES } from '../http2/limits.js';
import { EchoConnection } from '../http2/testing/echo-connection.js';
import { framesIn } from '../http2/testing/raw-frames.js';
import { cutUp, greeting, RandomClient } from './traffic.js';

const PATHS = ['/a/b', '/a/c'];

/**
 * One connection of the HTTP/2 core with a client by chance. Whatever it says: nothing is thrown, the
 * output is whole frames and bounded, the same bytes in other chunks have the same answer, and in
 * the end every stream has ended. A case is a frame, or what is in the place of one.
 */
export function round(seed: number): number {
  const rng = new SeededRng(seed);
  const words = conversation(rng);
  const bytes = Buffer.concat(words);
  const whole = play([bytes]);
  const pieces = play(cutUp(rng, bytes));
  assert(whole.equals(pieces), 'the answer depends on how the bytes were cut');
  return words.length;
}

function conversation(rng: Rng): readonly Buffer[] {
  const faults = pick(rng, [0, 0.02, 0.2, 1]);
  const client = new RandomClient(rng, { paths: PATHS, faults });
  const words = [greeting(rng, faults)];
  for (let count = rng.below(60); count > 0; count--) words.push(client.next());
  return words;
}

/** Everything that is answered. */
function play(chunks: readonly Buffer[]): Buffer {
  const echo = new EchoConnection({ greet: false, maxConcurrentStreams: 20 });
  for (const chunk of chunks) echo.feed(chunk);
  const output: Buffer[] = [];
  for (;;) {
    const bytes = echo.takeBytes();
    if (bytes.length === 0) break;
    // A frame may begin below the mark.
    assert(bytes.length < 3 * OUTPUT_HIGH_WATER_BYTES, 'the output has outgrown its bound');
    output.push(bytes);
  }
  const failed = echo.http2.failure !== undefined;
  if (failed) assert(echo.http2.openStreams === 0, 'a failed connection has streams');
  echo.http2.close();
  checkStreams(echo);
  framesIn(Buffer.concat(output));
  return Buffer.concat(output);
}

function checkStreams(echo: EchoConnection): void {
  const aborted = new Set(echo.aborted);
  assert(aborted.size === echo.aborted.length, 'a stream was aborted twice');
  for (const [id, stream] of echo.streams) {
    assert(stream.closed, `stream ${id} is open`);
    assert(stream.queuedBytes === 0, `stream ${id} holds what it cannot send`);
  }
}
