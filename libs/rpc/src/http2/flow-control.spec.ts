import * as fc from 'fast-check';
import { Flag, FrameType, uint32At } from './frame.js';
import { CONNECTION_WINDOW_BYTES, DEFAULT_WINDOW_BYTES, MAX_QUEUED_BYTES } from './limits.js';
import { SettingId } from './settings.js';
import { EchoConnection } from './testing/echo-connection.js';
import { data, framesIn, headers, rawFrame, settings, uint32 } from './testing/raw-frames.js';

const FRAME = 16_384;
const NO_PREFIX = Buffer.alloc(0);
const widen = (id: number, bytes: number): Buffer =>
  rawFrame(FrameType.WindowUpdate, 0, id, uint32(bytes));
const window = (bytes: number): Buffer => settings([SettingId.InitialWindowSize, bytes]);

type Pieces = readonly [Buffer, Buffer, Buffer, Buffer];

/** A connection with silent streams 1, 3, 5, ... that the spec writes to itself. */
class Writer {
  readonly echo = new EchoConnection({ silent: true });

  constructor(streams: number) {
    for (let id = 1; id < streams * 2; id += 2) this.echo.feed(headers(id));
    this.echo.take();
  }

  send(id: number, bytes: number): void {
    this.write(id, [NO_PREFIX, Buffer.alloc(bytes), NO_PREFIX, NO_PREFIX]);
  }

  write(id: number, [a, b, c, d]: Pieces): void {
    const stream = this.echo.streams.get(id);
    if (stream === undefined) throw new Error(`no stream ${id}`);
    this.echo.http2.sendData(stream, a, b, c, d);
  }

  /** The DATA frames sent since the last time, as [stream, bytes]. */
  sent(): readonly (readonly [number, number])[] {
    const frames = framesIn(this.echo.takeBytes()).filter(({ type }) => type === FrameType.Data);
    return frames.map(({ streamId, payload }) => [streamId, payload.length] as const);
  }

  total(): number {
    return this.sent().reduce((sum, [, bytes]) => sum + bytes, 0);
  }
}

describe('DATA we send', () => {
  it('stops at the window of its stream, and goes on where it was widened', () => {
    const writer = new Writer(1);
    writer.echo.feed(window(10));
    writer.send(1, 25);
    expect(writer.sent()).toEqual([[1, 10]]);
    writer.echo.feed(widen(1, 5));
    expect(writer.sent()).toEqual([[1, 5]]);
    writer.echo.feed(widen(1, 100));
    expect(writer.sent()).toEqual([[1, 10]]);
  });

  it('lets the client ping all the while, as grpc-go measures its bandwidth', () => {
    const writer = new Writer(1);
    writer.send(1, 1_000_000);
    const round = [
      widen(0, 16_384),
      widen(1, 16_384),
      rawFrame(FrameType.Ping, 0, 0, Buffer.alloc(8)),
    ];
    for (let i = 0; i < 50; i++) {
      writer.echo.feed(...round);
      expect(writer.total()).toBeGreaterThan(0);
    }
    expect(writer.echo.http2.failure).toBeUndefined();
  });

  it('stops at the window of the connection, which streams share in turns', () => {
    const writer = new Writer(3);
    writer.echo.feed(window(2 ** 20));
    for (const id of [1, 3, 5]) writer.send(id, 40_000);
    expect(writer.total()).toBe(DEFAULT_WINDOW_BYTES);
    writer.echo.feed(widen(0, 2 ** 20));
    const sent = writer.sent();
    expect(sent.reduce((sum, [, bytes]) => sum + bytes, 0)).toBe(120_000 - DEFAULT_WINDOW_BYTES);
    expect(
      sent
        .slice(0, 2)
        .map(([id]) => id)
        .sort(),
    ).toEqual([3, 5]);
  });

  it('is cut into frames that every peer must take', () => {
    const writer = new Writer(1);
    writer.echo.feed(settings([SettingId.MaxFrameSize, 100_000]));
    writer.send(1, FRAME + 1);
    expect(writer.sent()).toEqual([
      [1, FRAME],
      [1, 1],
    ]);
  });

  it('shares a frame with what went out on the same stream just before it', () => {
    const writer = new Writer(2);
    for (const [id, bytes] of [
      [1, 10],
      [1, 20],
      [3, 5],
      [1, 7],
      [1, FRAME - 7],
      [1, 1],
    ] as const) {
      writer.send(id, bytes);
    }
    expect(writer.sent()).toEqual([
      [1, 30],
      [3, 5],
      [1, FRAME],
      [1, 1],
    ]);
  });

  it('leaves a frame alone that was taken, or has something behind it', () => {
    const writer = new Writer(1);
    writer.send(1, 10);
    const first = writer.echo.http2.out.take();
    writer.send(1, 10);
    expect(framesIn(Buffer.concat(first.chunks)).map(({ payload }) => payload.length)).toEqual([
      10,
    ]);
    writer.echo.http2.ping(Buffer.alloc(8));
    writer.send(1, 10);
    expect(writer.sent()).toEqual([
      [1, 10],
      [1, 10],
    ]);
  });

  it('is the same bytes in the same order, whatever shares its frames', () => {
    const sending = fc.record({ stream: fc.nat(2), bytes: fc.nat(20_000), taken: fc.boolean() });
    fc.assert(
      fc.property(fc.array(sending, { maxLength: 60 }), (sendings) => {
        const writer = new Writer(3);
        writer.echo.feed(window(2 ** 30), widen(0, 2 ** 30));
        const said: Buffer[][] = [[], [], []];
        const heard: Buffer[][] = [[], [], []];
        const hear = (): void => {
          for (const { type, streamId, payload } of framesIn(writer.echo.takeBytes())) {
            if (type !== FrameType.Data) continue;
            expect(payload.length).toBeLessThanOrEqual(FRAME);
            heard[streamId >> 1]?.push(Buffer.from(payload));
          }
        };
        sendings.forEach(({ stream, bytes, taken }, at) => {
          const sent = Buffer.alloc(bytes, at + 1);
          said[stream]?.push(sent);
          const cuts = [0, 5, 30, 33, bytes].map((cut) => Math.min(cut, bytes));
          const [a, b, c, d] = [0, 1, 2, 3].map((piece) =>
            sent.subarray(cuts[piece], cuts[piece + 1]),
          );
          writer.write(2 * stream + 1, [a, b, c, d] as Pieces);
          if (taken) hear();
        });
        for (let left = 0; left < 10; left++) hear();
        for (const stream of [0, 1, 2]) {
          expect(Buffer.concat(heard[stream] ?? []).equals(Buffer.concat(said[stream] ?? []))).toBe(
            true,
          );
        }
      }),
    );
  });

  it('waits for a window that has become negative', () => {
    const writer = new Writer(1);
    writer.send(1, 1_000);
    writer.echo.feed(window(500));
    writer.send(1, 100);
    expect(writer.total()).toBe(1_000);
    writer.echo.feed(widen(1, 500));
    expect(writer.total()).toBe(0);
    writer.echo.feed(widen(1, 60));
    expect(writer.total()).toBe(60);
    writer.echo.feed(window(DEFAULT_WINDOW_BYTES));
    expect(writer.total()).toBe(40);
  });

  it('is held back while its output is not taken, however large the windows are', () => {
    const writer = new Writer(2);
    writer.echo.feed(window(2 ** 30), widen(0, 2 ** 30));
    writer.send(1, 2_000_000);
    writer.send(3, 2_000_000);
    expect(writer.echo.http2.out.length).toBeLessThan(300_000);
    let total = 0;
    for (let bytes = writer.total(); bytes > 0; bytes = writer.total()) total += bytes;
    expect(total).toBe(4_000_000);
  });

  it('that waits for windows may be much, but not without end: then streams are refused', () => {
    const writer = new Writer(1);
    const message = Buffer.alloc(2 ** 20);
    const { http2 } = writer.echo;
    const stream = writer.echo.streams.get(1);
    if (stream === undefined) throw new Error('no stream 1');
    for (let sent = 0; sent <= MAX_QUEUED_BYTES; sent += message.length) {
      http2.sendData(stream, NO_PREFIX, message);
    }
    writer.echo.take();
    expect(writer.echo.feed(headers(3)).take()).toEqual(['RstStream 3 REFUSED_STREAM']);
    writer.echo.feed(rawFrame(FrameType.RstStream, 0, 1, uint32(8)), headers(5));
    expect(writer.echo.take()).toEqual(['Headers 5 :status=200']);
  });

  it('of a stream that was reset is forgotten', () => {
    const writer = new Writer(1);
    writer.send(1, 100_000);
    writer.echo.take();
    writer.echo.feed(rawFrame(FrameType.RstStream, 0, 1, uint32(8)), widen(0, 10 ** 6));
    expect([writer.total(), writer.echo.streams.get(1)?.queuedBytes]).toEqual([0, 0]);
  });

  it('never exceeds a window, and all of it arrives once the windows allow', () => {
    const step = fc.oneof(
      fc.record({
        kind: fc.constant('send' as const),
        id: fc.constantFrom(1, 3, 5),
        bytes: fc.nat(60_000),
      }),
      fc.record({
        kind: fc.constant('widen' as const),
        id: fc.constantFrom(0, 1, 3, 5),
        bytes: fc.integer({ min: 1, max: 50_000 }),
      }),
      fc.record({ kind: fc.constant('window' as const), bytes: fc.nat(100_000) }),
      fc.record({ kind: fc.constant('take' as const) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const writer = new Writer(3);
        const windows = new Map([0, 1, 3, 5].map((id) => [id, DEFAULT_WINDOW_BYTES]));
        const owed = new Map([1, 3, 5].map((id) => [id, 0]));
        let initial = DEFAULT_WINDOW_BYTES;
        const add = (to: Map<number, number>, id: number, bytes: number): number => {
          const sum = (to.get(id) ?? 0) + bytes;
          to.set(id, sum);
          return sum;
        };
        const take = (): void => {
          for (const [id, bytes] of writer.sent()) {
            expect(add(windows, 0, -bytes)).toBeGreaterThanOrEqual(0);
            expect(add(windows, id, -bytes)).toBeGreaterThanOrEqual(0);
            expect(add(owed, id, -bytes)).toBeGreaterThanOrEqual(0);
          }
        };
        for (const one of steps) {
          if (one.kind === 'send') {
            writer.send(one.id, one.bytes);
            add(owed, one.id, one.bytes);
          } else if (one.kind === 'widen') {
            writer.echo.feed(widen(one.id, one.bytes));
            add(windows, one.id, one.bytes);
          } else if (one.kind === 'window') {
            // Before the window shrinks, what was sent in the larger one is looked at.
            take();
            writer.echo.feed(window(one.bytes));
            for (const id of [1, 3, 5]) add(windows, id, one.bytes - initial);
            initial = one.bytes;
          }
          take();
        }
        for (const id of [0, 1, 3, 5]) {
          writer.echo.feed(widen(id, 10 ** 8));
          add(windows, id, 10 ** 8);
        }
        for (let round = 0; round < 100; round++) take();
        expect([...owed.values()]).toEqual([0, 0, 0]);
      }),
      { numRuns: 150 },
    );
  });
});

describe('DATA we receive', () => {
  const chunk = Buffer.alloc(FRAME);

  it('beyond the window of its stream resets it', () => {
    const echo = new EchoConnection({ silent: true }).feed(headers(1), headers(3));
    echo.take();
    echo.feed(...Array.from({ length: 4 }, () => data(1, chunk)));
    expect(echo.take()).toEqual(['RstStream 1 FLOW_CONTROL_ERROR']);
    expect(echo.aborted).toEqual([1]);
  });

  it('counts its padding, and gives it back', () => {
    const echo = new EchoConnection({ silent: true }).feed(headers(1));
    echo.take();
    echo.feed(data(1, Buffer.concat([Buffer.of(200), Buffer.alloc(210)]), Flag.Padded));
    expect([echo.received, echo.take()]).toEqual([10, ['WindowUpdate 1 201']]);
  });

  it('beyond the window of the connection ends it: also for streams that are closed', () => {
    const echo = new EchoConnection({ silent: true });
    // What comes for streams we have reset is not looked at, but it is counted, and given back.
    let credit = CONNECTION_WINDOW_BYTES;
    for (let id = 1; id < 2_000 && credit > 0; id += 2) {
      echo.feed(headers(id), ...Array.from({ length: 5 }, () => data(id, chunk)));
      credit -= 5 * FRAME;
      for (const { type, streamId, payload } of framesIn(echo.takeBytes())) {
        if (type === FrameType.WindowUpdate && streamId === 0) credit += uint32At(payload, 0);
      }
      if (id > 500) break;
    }
    expect(credit).toBeGreaterThan(CONNECTION_WINDOW_BYTES / 2);
    expect(echo.http2.failure).toBeUndefined();
  });
});
