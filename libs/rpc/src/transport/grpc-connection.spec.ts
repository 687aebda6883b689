import { GrpcStatus, PutRequest, PutResponse } from '@etcd-ts/wire-protocol';
import { Flag, FrameType } from '../http2/frame.js';
import { OUTPUT_HIGH_WATER_BYTES } from '../http2/limits.js';
import { SettingId } from '../http2/settings.js';
import {
  data,
  headers,
  rawFrame,
  requestFields,
  settings,
  uint32,
} from '../http2/testing/raw-frames.js';
import type { CallContext } from '../service/call-context.js';
import { ManualSocket, turns } from '../testing/manual-socket.js';
import { Scene } from '../testing/scene.js';
import { framed } from '../testing/raw-call.js';
import { aborted, blob, kv, putOf, report } from '../testing/testing-calls.js';

const RANGE_STREAM = requestFields({ ':path': '/etcdserverpb.KV/RangeStream' });
const PUT = framed(PutRequest.encode(putOf('k')).finish());
const ok = kv({ put: () => PutResponse.fromPartial({}) });

const put = (id: number, changes: Readonly<Record<string, string>> = {}): Buffer =>
  Buffer.concat([headers(id, requestFields(changes)), data(id, PUT, Flag.EndStream)]);

const ANSWER = 'end grpc-status=0';

describe('all answers of a turn', () => {
  it('are one write, whoever gave them', async () => {
    const release = report<void>();
    const scene = await new Scene(
      kv({
        put: async () => {
          await release.told;
          return PutResponse.fromPartial({});
        },
      }),
    ).greeted();
    await scene.exchange(...Array.from({ length: 100 }, (_, at) => put(2 * at + 1)));
    release.tell();
    await turns();
    expect(scene.socket.taken).toHaveLength(1);
    expect(scene.heard().filter((line) => line.endsWith(ANSWER))).toHaveLength(100);
  });

  it('have their header fields spelled out once', async () => {
    const scene = await new Scene(ok).greeted();
    await scene.exchange(put(1));
    scene.socket.say(put(3));
    await turns();
    // HEADERS of 2 bytes, DATA of 5, HEADERS of 1.
    expect(scene.socket.taken[0]).toHaveLength(9 + 2 + 9 + 5 + 9 + 1);
    expect(scene.heard()).toEqual([
      'Headers 3 :status=200 content-type=application/grpc',
      'Data 3 5',
      'Headers 3 end grpc-status=0',
    ]);
  });

  it.each([0, 100, 4096])('are understood by a client whose table has %d bytes', async (bytes) => {
    const scene = await new Scene(ok).greeted();
    await scene.exchange(put(1));
    const lines = await scene.exchange(settings([1, bytes]), put(3), put(5));
    expect(lines.filter((line) => line.endsWith('content-type=application/grpc'))).toHaveLength(2);
    expect(lines.filter((line) => line.endsWith(ANSWER))).toHaveLength(2);
  });
});

test('what fills the output is written before the turn ends, and nothing is left behind', async () => {
  const answer = 64 * 1024;
  const count = (4 * OUTPUT_HIGH_WATER_BYTES) / answer;
  const written: number[] = [];
  const service = kv({
    rangeStream: (_request, _call, out) => {
      for (let at = 0; at < count; at++) {
        out.write(blob(answer));
        written.push(scene.socket.taken.length);
      }
      return Promise.resolve();
    },
  });
  const scene = await new Scene(service).greeted();
  scene.socket.say(settings([SettingId.InitialWindowSize, 2 ** 30]));
  scene.socket.say(rawFrame(FrameType.WindowUpdate, 0, 0, uint32(2 ** 30)));
  await turns();
  scene.socket.say(headers(1, RANGE_STREAM), data(1, framed(Buffer.alloc(0)), Flag.EndStream));
  await turns();
  expect(written.at(-1)).toBeGreaterThan(1);
  const sizes = scene.heard().flatMap((line) => /^Data 1 (\d+)$/u.exec(line)?.[1] ?? []);
  const total = sizes.reduce((sum, size) => sum + Number(size), 0);
  expect(total).toBeGreaterThan(count * answer);
});

describe('a client that does not read', () => {
  const flood = (scene: Scene, frame: Buffer, times: number): void => {
    for (let at = 0; at < times; at++) scene.socket.say(Buffer.concat(Array(100).fill(frame)));
  };

  it('is read no more once its answers pile up, and again when it reads', async () => {
    const scene = await new Scene(ok).greeted();
    scene.socket.reads = false;
    const answerBytes = 35;
    await scene.exchange(rawFrame(FrameType.WindowUpdate, 0, 0, uint32(2 ** 30)));
    const request = put(1);
    const dataAt = headers(1).length;
    // The same bytes with another id: a hundred thousand requests are not to be built one by one.
    const requests = (from: number, count: number): Buffer => {
      const all = Buffer.concat(Array<Buffer>(count).fill(request));
      for (let at = 0; at < count; at++) {
        for (const frame of [0, dataAt]) {
          all.writeUInt32BE(2 * (from + at) + 1, at * request.length + frame + 5);
        }
      }
      return all;
    };
    for (let sent = 0; sent * answerBytes < 4 * OUTPUT_HIGH_WATER_BYTES; sent += 1_000) {
      scene.socket.say(requests(sent, 1_000));
      await turns(1);
    }
    expect(scene.socket.isPaused()).toBe(true);
    const answered = (): number => scene.heard().filter((line) => line.endsWith(ANSWER)).length;
    expect(answered() * answerBytes).toBeLessThan(2 * OUTPUT_HIGH_WATER_BYTES);
    scene.socket.readOn();
    await turns(20);
    expect(scene.socket.isPaused()).toBe(false);
    expect(scene.socket.destroyed).toBe(false);
  });

  it('is closed when a write makes no progress within the timeout', async () => {
    const scene = await new Scene(ok).greeted();
    scene.socket.reads = false;
    await scene.exchange(put(1));
    scene.time.pass(19_000);
    expect(scene.socket.destroyed).toBe(false);
    scene.time.pass(3_000);
    expect(scene.socket.destroyed).toBe(true);
  });

  it('makes a stream wait, not its memory grow', async () => {
    let written = 0;
    const scene = await new Scene(
      kv({
        rangeStream: async (_request, _call, out) => {
          for (; written < 1_000; written++) if (!out.write(blob(10_000))) await out.drained();
        },
      }),
    ).greeted();
    // Windows without end: only the socket holds it back.
    const windows = [
      settings([4, 2 ** 31 - 1]),
      rawFrame(FrameType.WindowUpdate, 0, 0, uint32(2 ** 30)),
    ];
    scene.socket.reads = false;
    const request = [headers(1, RANGE_STREAM), data(1, framed(Buffer.alloc(0)), Flag.EndStream)];
    await scene.exchange(...windows, ...request);
    await turns(20);
    expect(written).toBeGreaterThan(10);
    expect(written).toBeLessThan(100);
    scene.socket.readOn();
    await turns(200);
    expect(written).toBe(1_000);
    expect(scene.heard().at(-1)).toBe('Headers 1 end grpc-status=0');
  });

  it('cannot flood us with what must be acknowledged', async () => {
    const scene = await new Scene(ok).greeted();
    scene.socket.reads = false;
    flood(scene, rawFrame(FrameType.Ping, 0, 0, Buffer.alloc(8)), 100);
    const lines = await scene.exchange();
    expect(lines.length).toBeLessThan(10);
  });
});

describe('requests that never end', () => {
  it('are held up to a limit for all of a connection; what goes beyond is refused', async () => {
    const length = 5_000;
    const scene = await new Scene(ok, length).greeted();
    const begun = framed(Buffer.alloc(length)).subarray(0, -1);
    const answers: string[] = [];
    for (let id = 1; id < 300; id += 2) {
      scene.socket.say(headers(id), data(id, begun));
      answers.push(...(await scene.exchange()).filter((line) => line.includes('grpc-status')));
    }
    const reason = 'grpc-status=8 grpc-message=grpc: the connection has too many requests';
    // 128 of them, and what is left of the limit by the bytes that are missing.
    expect(answers[0]).toMatch(new RegExp(`^Headers 257 end .* ${reason}`, 'u'));
    expect(answers).toHaveLength(22);
    // Room again, once some are given up.
    for (const id of [1, 3]) scene.socket.say(rawFrame(FrameType.RstStream, 0, id, uint32(8)));
    scene.socket.say(headers(1_001), data(1_001, begun));
    expect(await scene.exchange()).toEqual([]);
  });
});

describe('keep-alive', () => {
  it('pings a silent client, and closes when nothing comes back', async () => {
    const scene = await new Scene(ok).greeted();
    scene.time.pass(61_000);
    expect(await scene.exchange()).toEqual(['Ping']);
    scene.time.pass(19_000);
    expect(scene.socket.destroyed).toBe(false);
    scene.time.pass(3_000);
    expect(scene.socket.destroyed).toBe(true);
  });

  it('leaves who answers, or says anything', async () => {
    const scene = await new Scene(ok).greeted();
    for (let round = 0; round < 5; round++) {
      scene.time.pass(61_000);
      expect(await scene.exchange()).toEqual(['Ping']);
      await scene.exchange(rawFrame(FrameType.Ping, Flag.Ack, 0, Buffer.alloc(8)));
    }
    expect(scene.socket.destroyed).toBe(false);
  });

  it('closes a connection that never says what it is', () => {
    const scene = new Scene(ok);
    scene.time.pass(121_000);
    expect(scene.socket.destroyed).toBe(true);
  });

  it('sends away who pings too often, in the words that Go clients know', async () => {
    const scene = await new Scene(ok).greeted();
    const ping = rawFrame(FrameType.Ping, 0, 0, Buffer.alloc(8));
    for (let round = 0; round < 4; round++) scene.socket.say(ping);
    await turns();
    const bytes = Buffer.concat(scene.socket.taken);
    expect(bytes.subarray(-14).toString()).toBe('too_many_pings');
    expect(scene.heard().at(-1)).toBe('GoAway 0 ENHANCE_YOUR_CALM');
    expect(scene.socket.writableEnded).toBe(true);
  });
});

describe('the end of a client', () => {
  it.each<[string, (socket: ManualSocket) => void]>([
    ['closes its half', (socket) => socket.push(null)],
    ['resets', (socket) => socket.destroy(new Error('ECONNRESET'))],
    ['breaks the protocol', (socket) => socket.say(data(0, PUT))],
  ])('that %s aborts its calls and frees its connection', async (_how, end) => {
    const reason = report<unknown>();
    const scene = await new Scene(
      kv({
        put: async (_request, { signal }: CallContext) => {
          reason.tell(await aborted(signal));
          throw signal.reason;
        },
      }),
    ).greeted();
    await scene.exchange(put(1));
    end(scene.socket);
    expect(await reason.told).toMatchObject({
      code: GrpcStatus.Canceled,
      message: 'context canceled',
    });
    await new Promise((resolve) => setTimeout(resolve, scene.socket.destroyed ? 0 : 1_100));
    expect(scene.socket.destroyed).toBe(true);
    // It would wait for connections that it still had.
    await scene.server.close(60_000);
  });
});

describe('deadlines', () => {
  const waiting = kv({
    put: async (_request, { signal }) => {
      throw await aborted(signal);
    },
  });

  it('end calls that take longer, in any order', async () => {
    const scene = await new Scene(waiting).greeted();
    const timeouts = ['3S', '50m', '20000000n', '1S', '1H'];
    await scene.exchange(...timeouts.map((text, at) => put(2 * at + 1, { 'grpc-timeout': text })));
    const ended: string[] = [];
    for (let ms = 0; ms < 4_000; ms += 10) {
      scene.time.pass(10);
      ended.push(...(await scene.exchange()));
    }
    const failed = 'grpc-status=4 grpc-message=context deadline exceeded';
    expect(ended).toEqual(
      [5, 3, 7, 1].map(
        (id) => `Headers ${id} end :status=200 content-type=application/grpc ${failed}`,
      ),
    );
  });

  it('leave no timer behind when the calls have ended', async () => {
    const scene = await new Scene(ok).greeted();
    const before = scene.time.timers;
    await scene.exchange(
      ...Array.from({ length: 100 }, (_, at) => put(2 * at + 1, { 'grpc-timeout': '5S' })),
    );
    expect(scene.time.timers).toBe(before + 1);
    scene.time.pass(6_000);
    expect(scene.time.timers).toBe(before);
  });
});

describe('a server that closes', () => {
  it('says so twice, with time for what is on its way, and ends with the last call', async () => {
    const release = report<void>();
    const scene = await new Scene(
      kv({
        put: async () => {
          await release.told;
          return PutResponse.fromPartial({});
        },
      }),
    ).greeted();
    await scene.exchange(put(1));
    const closed = scene.server.close(60_000);
    expect(await scene.exchange()).toEqual([`GoAway ${2 ** 31 - 1} NO_ERROR`, 'Ping']);
    const ack = rawFrame(FrameType.Ping, Flag.Ack, 0, Buffer.from('draining'));
    expect(await scene.exchange(put(3), ack)).toEqual(['GoAway 3 NO_ERROR']);
    expect(await scene.exchange(put(5))).toEqual([]);
    release.tell();
    const last = await scene.exchange();
    expect(last.filter((line) => line.endsWith(ANSWER))).toHaveLength(2);
    expect(scene.socket.writableEnded).toBe(true);
    scene.socket.push(null);
    await closed;
  });

  it('does not wait for a client that does not answer', async () => {
    const scene = await new Scene(ok).greeted();
    const closed = scene.server.close(60_000);
    await scene.exchange();
    scene.time.pass(1_001);
    expect(await scene.exchange()).toEqual(['GoAway 0 NO_ERROR']);
    expect(scene.socket.writableEnded).toBe(true);
    scene.socket.destroy();
    await closed;
  });

  it('takes no more connections', async () => {
    const scene = await new Scene(ok).greeted();
    void scene.server.close(1);
    const late = new ManualSocket();
    scene.server.acceptConnection(late);
    expect(late.destroyed).toBe(true);
    scene.time.pass(2);
  });
});
