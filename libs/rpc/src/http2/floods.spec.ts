import { Flag, FrameType } from './frame.js';
import {
  IDLE_FRAMES_BURST,
  IDLE_FRAMES_PER_SECOND,
  MAX_STREAMS,
  RESETS_BURST,
  RESETS_PER_SECOND,
  SETTINGS_BURST,
} from './limits.js';
import { EchoConnection } from './testing/echo-connection.js';
import { data, headers, rawFrame, REQUEST_FIELDS, settings, uint32 } from './testing/raw-frames.js';

const CALM = /^GoAway \d+ ENHANCE_YOUR_CALM$/u;

/** Feeds until the connection gives up; how many it took, or undefined if it bore them all. */
function flood(
  echo: EchoConnection,
  frame: (at: number) => Buffer,
  times: number,
): number | undefined {
  for (let at = 0; at < times; at++) {
    echo.feed(frame(at));
    if (echo.http2.failure !== undefined) return at;
    if (at % 100 === 0) echo.takeBytes();
  }
  return undefined;
}

const ping = rawFrame(FrameType.Ping, 0, 0, Buffer.alloc(8));
const rapidReset = (at: number): Buffer =>
  Buffer.concat([headers(2 * at + 1), rawFrame(FrameType.RstStream, 0, 2 * at + 1, uint32(8))]);

describe('a flood ends the connection', () => {
  it.each<[string, number, (at: number) => Buffer]>([
    ['streams opened and reset', RESETS_BURST, rapidReset],
    ['SETTINGS', SETTINGS_BURST, () => settings()],
    ['acknowledged SETTINGS', IDLE_FRAMES_BURST, () => rawFrame(FrameType.Settings, Flag.Ack, 0)],
    ['empty DATA', IDLE_FRAMES_BURST, () => data(1, Buffer.alloc(0))],
    ['PRIORITY', IDLE_FRAMES_BURST, () => rawFrame(FrameType.Priority, 0, 1, Buffer.alloc(5))],
    ['unknown frames', IDLE_FRAMES_BURST, () => rawFrame(99, 0, 1)],
    ['window updates', IDLE_FRAMES_BURST, () => rawFrame(FrameType.WindowUpdate, 0, 1, uint32(1))],
    ['PING', 3, () => ping],
    [
      'acknowledged PING',
      IDLE_FRAMES_BURST,
      () => rawFrame(FrameType.Ping, Flag.Ack, 0, Buffer.alloc(8)),
    ],
    ['DATA for a closed stream', IDLE_FRAMES_BURST, () => data(3, Buffer.alloc(1))],
  ])('of %s', (_what, limit, frame) => {
    const echo = new EchoConnection();
    // Stream 1 is open and 3 is closed, where the flood is not of streams.
    if (frame !== rapidReset) {
      echo.feed(headers(1), headers(3, REQUEST_FIELDS, Flag.EndHeaders | Flag.EndStream));
    }
    const borne = flood(echo, frame, 3 * limit + 10);
    expect(borne).toBeGreaterThanOrEqual(limit - 2);
    expect(borne).toBeLessThanOrEqual(2 * limit);
    expect(echo.take().at(-1)).toMatch(CALM);
  });

  it('of CONTINUATION, empty or not', () => {
    for (const payload of [Buffer.alloc(0), Buffer.alloc(10_000)]) {
      const echo = new EchoConnection().feed(headers(1, REQUEST_FIELDS, 0));
      const borne = flood(echo, () => rawFrame(FrameType.Continuation, 0, 1, payload), 100);
      expect(borne).toBeLessThan(20);
      expect(echo.take().at(-1)).toMatch(CALM);
    }
  });

  it('of refused streams', () => {
    const echo = new EchoConnection({ maxConcurrentStreams: 1, silent: true }).feed(headers(1));
    expect(flood(echo, (at) => headers(2 * at + 3), 3 * RESETS_BURST)).toBeDefined();
    expect(echo.take().at(-1)).toMatch(CALM);
  });

  it('of windows of one byte, which make us send a frame for each', () => {
    const echo = new EchoConnection({ silent: true }).feed(settings([4, 0]), headers(1));
    const stream = echo.streams.get(1);
    if (stream !== undefined) echo.http2.sendData(stream, Buffer.alloc(0), Buffer.alloc(10 ** 6));
    const one = rawFrame(FrameType.WindowUpdate, 0, 1, uint32(1));
    expect(flood(echo, () => one, 3 * IDLE_FRAMES_BURST)).toBeDefined();
  });
});

describe('what real clients do is no flood', () => {
  it('ten thousand streams closed at once, and as many again after ten seconds', () => {
    const echo = new EchoConnection();
    for (const round of [0, 1, 2, 3]) {
      expect(flood(echo, (at) => rapidReset(at + round * 10_000), 10_000)).toBeUndefined();
      echo.nowMs += (10_000 / RESETS_PER_SECOND) * 1_000;
    }
  });

  it('idle frames as they trickle', () => {
    const echo = new EchoConnection({ silent: true }).feed(headers(1));
    const empty = data(1, Buffer.alloc(0));
    for (let second = 0; second < 30; second++) {
      expect(flood(echo, () => empty, IDLE_FRAMES_PER_SECOND)).toBeUndefined();
      echo.nowMs += 1_000;
    }
  });

  it('a window update for each small message that was sent', () => {
    const echo = new EchoConnection().feed(headers(1));
    const round = Buffer.concat([
      data(1, Buffer.alloc(512)),
      rawFrame(FrameType.WindowUpdate, 0, 1, uint32(512)),
      rawFrame(FrameType.WindowUpdate, 0, 0, uint32(512)),
    ]);
    // The stream of the spec gives no credit itself.
    const stream = echo.streams.get(1);
    expect(
      flood(
        echo,
        () => {
          if (stream !== undefined) stream.receiveWindow = 10_000;
          return round;
        },
        2 * IDLE_FRAMES_BURST,
      ),
    ).toBeUndefined();
  });

  it('pings while it receives, as grpc-go measures its bandwidth', () => {
    const echo = new EchoConnection().feed(headers(1));
    const round = Buffer.concat([data(1, Buffer.alloc(1)), ping]);
    expect(flood(echo, () => round, 1_000)).toBeUndefined();
  });
});

describe('pings', () => {
  const at = (echo: EchoConnection, ms: number): EchoConnection => {
    echo.nowMs += ms;
    return echo.feed(ping);
  };

  it('are borne as often as the flag says while there are streams', () => {
    const echo = new EchoConnection().feed(headers(1));
    for (let i = 0; i < 20; i++) at(echo, 5_000);
    expect(echo.http2.failure).toBeUndefined();
    for (let i = 0; i < 3; i++) at(echo, 4_900);
    expect(echo.http2.failure?.message).toBe('too_many_pings');
  });

  it('without streams are too many after two hours of them', () => {
    const echo = new EchoConnection();
    for (let i = 0; i < 20; i++) at(echo, 7_200_000);
    expect(echo.http2.failure).toBeUndefined();
    for (let i = 0; i < 3; i++) at(echo, 60_000);
    expect(echo.http2.failure?.message).toBe('too_many_pings');
  });
});

describe('streams', () => {
  it(`are at most ${MAX_STREAMS} on a connection, whatever the settings say`, () => {
    const echo = new EchoConnection({ maxConcurrentStreams: 2 ** 32 - 1, silent: true });
    const request = headers(1);
    for (let at = 0; at <= MAX_STREAMS; at++) {
      request.writeUInt32BE(2 * at + 1, 5);
      // One by one: many chunks, but no chunk of megabytes.
      echo.http2.receive(request, echo.nowMs);
      if (at % 1_000 === 1) echo.takeBytes();
    }
    expect(echo.http2.openStreams).toBe(MAX_STREAMS);
    expect(echo.take().at(-1)).toBe(`RstStream ${2 * MAX_STREAMS + 1} REFUSED_STREAM`);
  });
});
