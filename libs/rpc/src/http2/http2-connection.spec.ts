import { Flag, FrameType, PREFACE } from './frame.js';
import { DEFAULT_WINDOW_BYTES } from './limits.js';
import { SettingId } from './settings.js';
import { EchoConnection } from './testing/echo-connection.js';
import { HpackEncoder } from './testing/hpack-encoder.js';
import {
  data,
  GREETING,
  headers,
  rawFrame,
  REQUEST_FIELDS,
  requestFields,
  settings,
  uint32,
} from './testing/raw-frames.js';

const { EndStream, EndHeaders, Padded, Priority, Ack } = Flag;
const BODY = Buffer.from('hello');
const whole = (id: number): Buffer => Buffer.concat([headers(id), data(id, BODY, EndStream)]);
const ANSWER = (id: number): string[] => [
  `Headers ${id} :status=200`,
  `Data ${id} 5`,
  `Headers ${id} end :status=200`,
];

describe('a connection', () => {
  it('greets with its settings and a larger window, and acknowledges the client’s', () => {
    const echo = new EchoConnection({ greet: false });
    expect(echo.feed(GREETING).take()).toEqual([
      'Settings',
      `WindowUpdate 0 ${4 * 1024 * 1024 - DEFAULT_WINDOW_BYTES}`,
      'Settings ack',
    ]);
  });

  it('answers a request, however its bytes are cut', () => {
    const bytes = Buffer.concat([GREETING, whole(1), whole(3)]);
    for (const size of [1, 2, 9, 10, 17, 1_000]) {
      const echo = new EchoConnection({ greet: false });
      for (let at = 0; at < bytes.length; at += size) echo.feed(bytes.subarray(at, at + size));
      expect(echo.take().slice(3)).toEqual([...ANSWER(1), ...ANSWER(3)]);
    }
  });

  it('takes padding, priority and header blocks in pieces', () => {
    const block = new HpackEncoder(0).block(REQUEST_FIELDS);
    const pad = Buffer.alloc(3);
    const first = Buffer.concat([
      Buffer.of(3),
      uint32(0),
      Buffer.of(15),
      block.subarray(0, 4),
      pad,
    ]);
    const echo = new EchoConnection().feed(
      rawFrame(FrameType.Headers, Padded | Priority, 1, first),
      rawFrame(FrameType.Continuation, 0, 1, block.subarray(4, 9)),
      rawFrame(FrameType.Continuation, 0, 1),
      rawFrame(FrameType.Continuation, EndHeaders, 1, block.subarray(9)),
      data(1, Buffer.concat([Buffer.of(3), BODY, pad]), Padded | EndStream),
    );
    expect(echo.take()).toEqual(ANSWER(1));
  });

  it('reads a block that repeats only once, but anew when the table has changed', () => {
    const encoder = new HpackEncoder();
    const request = (id: number, extra?: string): Buffer => {
      const fields = extra === undefined ? [] : [{ name: 'grpc-timeout', value: extra }];
      const block = encoder.block([...REQUEST_FIELDS, ...fields]);
      return rawFrame(FrameType.Headers, EndHeaders | EndStream, id, block);
    };
    const echo = new EchoConnection().feed(request(1), request(3), request(5), request(7));
    // The first fills the table, the second is all indexes, and those after it are the same bytes.
    expect(echo.heads).toBe(2);
    echo.feed(request(9, '1S'), request(11));
    expect(echo.heads).toBe(4);
    expect(echo.take().filter((line) => line.startsWith('Headers'))).toHaveLength(12);
  });

  it('ignores what it does not know, and what it needs not know', () => {
    const echo = new EchoConnection().feed(
      rawFrame(0xbe, 0xff, 7, BODY),
      rawFrame(FrameType.Priority, 0, 9, Buffer.alloc(5)),
      rawFrame(FrameType.GoAway, 0, 0, uint32(0, 0)),
      rawFrame(FrameType.Settings, Ack, 0),
      settings([0x99, 1]),
      whole(1),
    );
    expect(echo.take()).toEqual(['Settings ack', ...ANSWER(1)]);
  });

  it('answers a ping with its own bytes', () => {
    const ping = rawFrame(FrameType.Ping, 0, 0, Buffer.from('12345678'));
    expect(new EchoConnection().feed(ping).takeBytes()).toEqual(
      rawFrame(FrameType.Ping, Ack, 0, Buffer.from('12345678')),
    );
  });

  it('resets a stream that it has answered before its client was done, and ignores the rest', () => {
    const echo = new EchoConnection({ silent: true }).feed(headers(1));
    const stream = echo.streams.get(1);
    if (stream !== undefined) echo.http2.sendTrailers(stream, Buffer.of(0x88));
    echo.feed(
      data(1, BODY),
      data(1, BODY, EndStream),
      rawFrame(FrameType.WindowUpdate, 0, 1, uint32(1)),
    );
    expect(echo.take()).toEqual([
      'Headers 1 :status=200',
      'Headers 1 end :status=200',
      'RstStream 1 NO_ERROR',
    ]);
  });
});

describe('a fault of the connection ends it with GOAWAY', () => {
  const block = new HpackEncoder(0).block(REQUEST_FIELDS);
  const raw = (type: number, flags: number, id: number, length = 0): Buffer =>
    rawFrame(type, flags, id, Buffer.alloc(length));
  it.each<[string, string, readonly Buffer[]]>([
    ['PROTOCOL_ERROR', 'DATA on stream 0', [data(0, BODY)]],
    ['PROTOCOL_ERROR', 'DATA on an idle stream', [data(1, BODY)]],
    [
      'PROTOCOL_ERROR',
      'DATA with more padding than payload',
      [headers(1), data(1, Buffer.of(9, 1), Padded)],
    ],
    [
      'FRAME_SIZE_ERROR',
      'padded DATA without a length',
      [headers(1), data(1, Buffer.alloc(0), Padded)],
    ],
    ['PROTOCOL_ERROR', 'HEADERS on stream 0', [headers(0)]],
    ['PROTOCOL_ERROR', 'HEADERS on an even stream', [headers(2)]],
    ['STREAM_CLOSED', 'HEADERS on a stream that has ended', [whole(1), headers(1)]],
    ['STREAM_CLOSED', 'HEADERS on a stream that was left out', [headers(5), headers(3)]],
    [
      'PROTOCOL_ERROR',
      'HEADERS with more padding than payload',
      [rawFrame(FrameType.Headers, Padded | EndHeaders, 1, Buffer.of(9))],
    ],
    [
      'FRAME_SIZE_ERROR',
      'HEADERS with half a priority',
      [raw(FrameType.Headers, Priority | EndHeaders, 1, 4)],
    ],
    [
      'COMPRESSION_ERROR',
      'a header block that is none',
      [rawFrame(FrameType.Headers, EndHeaders, 1, Buffer.of(0x80))],
    ],
    [
      'PROTOCOL_ERROR',
      'CONTINUATION after nothing',
      [rawFrame(FrameType.Continuation, EndHeaders, 1, block)],
    ],
    [
      'PROTOCOL_ERROR',
      'CONTINUATION of another stream',
      [headers(1, REQUEST_FIELDS, 0), raw(FrameType.Continuation, EndHeaders, 3)],
    ],
    [
      'PROTOCOL_ERROR',
      'another frame within a header block',
      [headers(1, REQUEST_FIELDS, 0), raw(FrameType.Ping, 0, 0, 8)],
    ],
    ['PROTOCOL_ERROR', 'PRIORITY on stream 0', [raw(FrameType.Priority, 0, 0, 5)]],
    ['FRAME_SIZE_ERROR', 'PRIORITY of four bytes', [raw(FrameType.Priority, 0, 1, 4)]],
    ['PROTOCOL_ERROR', 'RST_STREAM on stream 0', [raw(FrameType.RstStream, 0, 0, 4)]],
    ['PROTOCOL_ERROR', 'RST_STREAM on an idle stream', [raw(FrameType.RstStream, 0, 1, 4)]],
    [
      'FRAME_SIZE_ERROR',
      'RST_STREAM of three bytes',
      [headers(1), raw(FrameType.RstStream, 0, 1, 3)],
    ],
    ['PROTOCOL_ERROR', 'SETTINGS on a stream', [raw(FrameType.Settings, 0, 1)]],
    ['FRAME_SIZE_ERROR', 'half a setting', [raw(FrameType.Settings, 0, 0, 7)]],
    [
      'FRAME_SIZE_ERROR',
      'acknowledged SETTINGS with settings',
      [raw(FrameType.Settings, Ack, 0, 6)],
    ],
    ['PROTOCOL_ERROR', 'ENABLE_PUSH of 2', [settings([SettingId.EnablePush, 2])]],
    [
      'FLOW_CONTROL_ERROR',
      'an initial window of 2^31',
      [settings([SettingId.InitialWindowSize, 2 ** 31])],
    ],
    [
      'PROTOCOL_ERROR',
      'a frame limit below the default',
      [settings([SettingId.MaxFrameSize, 16_383])],
    ],
    ['PROTOCOL_ERROR', 'a frame limit above all', [settings([SettingId.MaxFrameSize, 2 ** 24])]],
    ['PROTOCOL_ERROR', 'PUSH_PROMISE', [raw(FrameType.PushPromise, EndHeaders, 1, 4)]],
    ['PROTOCOL_ERROR', 'PING on a stream', [raw(FrameType.Ping, 0, 1, 8)]],
    ['FRAME_SIZE_ERROR', 'PING of seven bytes', [raw(FrameType.Ping, 0, 0, 7)]],
    ['PROTOCOL_ERROR', 'GOAWAY on a stream', [raw(FrameType.GoAway, 0, 1, 8)]],
    ['PROTOCOL_ERROR', 'a window update by 0', [raw(FrameType.WindowUpdate, 0, 0, 4)]],
    [
      'PROTOCOL_ERROR',
      'a window update of an idle stream',
      [rawFrame(FrameType.WindowUpdate, 0, 1, uint32(1))],
    ],
    ['FRAME_SIZE_ERROR', 'a window update of five bytes', [raw(FrameType.WindowUpdate, 0, 0, 5)]],
    [
      'FLOW_CONTROL_ERROR',
      'a connection window beyond 2^31',
      [rawFrame(FrameType.WindowUpdate, 0, 0, uint32(2 ** 31 - 1))],
    ],
    ['FRAME_SIZE_ERROR', 'a frame beyond the limit', [raw(FrameType.Data, 0, 1, 16_385)]],
  ])('%s: %s', (code, _fault, frames) => {
    const echo = new EchoConnection().feed(...frames, whole(99));
    const lines = echo.take();
    expect(lines.at(-1)).toMatch(new RegExp(`^GoAway \\d+ ${code}$`, 'u'));
    expect(echo.http2.failure).toBeDefined();
    expect(echo.http2.openStreams).toBe(0);
    // Nothing after it is looked at.
    expect(echo.feed(whole(101)).take()).toEqual([]);
  });

  it('PROTOCOL_ERROR: another beginning than that of HTTP/2', () => {
    const echo = new EchoConnection({ greet: false }).feed(Buffer.from('GET / HTTP/1.1\r\n'));
    expect(echo.take().at(-1)).toBe('GoAway 0 PROTOCOL_ERROR');
  });

  it('PROTOCOL_ERROR: a preface without SETTINGS', () => {
    for (const first of [headers(1), rawFrame(FrameType.Settings, Ack, 0)]) {
      const echo = new EchoConnection({ greet: false }).feed(PREFACE, first);
      expect(echo.take().at(-1)).toBe('GoAway 0 PROTOCOL_ERROR');
    }
  });

  it('and aborts the streams that are open', () => {
    const echo = new EchoConnection().feed(headers(1), headers(3), data(0, BODY));
    expect(echo.aborted).toEqual([1, 3]);
    expect(echo.take().at(-1)).toBe('GoAway 3 PROTOCOL_ERROR');
  });
});

describe('a fault of a stream resets it, and leaves the others', () => {
  const malformed = (changes: Readonly<Record<string, string>>): readonly Buffer[] => [
    headers(1, requestFields(changes)),
  ];
  it.each<[string, string, readonly Buffer[]]>([
    ['PROTOCOL_ERROR', 'a field in upper case', malformed({ Token: 'x' })],
    ['PROTOCOL_ERROR', 'a field of HTTP/1', malformed({ connection: 'close' })],
    ['PROTOCOL_ERROR', 'te other than trailers', malformed({ te: 'gzip' })],
    ['PROTOCOL_ERROR', 'a line end in a value', malformed({ token: 'a\r\nb' })],
    ['PROTOCOL_ERROR', 'an unknown pseudo field', malformed({ ':status': '200' })],
    [
      'PROTOCOL_ERROR',
      'a pseudo field too late',
      [headers(1, [...REQUEST_FIELDS, ...REQUEST_FIELDS.slice(0, 1)])],
    ],
    [
      'PROTOCOL_ERROR',
      'no path',
      [
        headers(
          1,
          REQUEST_FIELDS.filter(({ name }) => name !== ':path'),
        ),
      ],
    ],
    [
      'FRAME_SIZE_ERROR',
      'a list of fields too large',
      malformed({ token: 'x'.repeat(65_300) }).flatMap(inPieces),
    ],
    [
      'PROTOCOL_ERROR',
      'a window update by 0',
      [headers(1), rawFrame(FrameType.WindowUpdate, 0, 1, uint32(0))],
    ],
    [
      'FLOW_CONTROL_ERROR',
      'a window beyond 2^31',
      [headers(1), rawFrame(FrameType.WindowUpdate, 0, 1, uint32(2 ** 31 - 1))],
    ],
    ['PROTOCOL_ERROR', 'trailers that do not end', [headers(1), headers(1)]],
  ])('%s: %s', (code, _fault, frames) => {
    const echo = new EchoConnection({ silent: true }).feed(...frames, headers(3));
    expect(echo.take().slice(-2)).toEqual([`RstStream 1 ${code}`, 'Headers 3 :status=200']);
    expect(echo.http2.openStreams).toBe(1);
  });

  it('STREAM_CLOSED: DATA after its end', () => {
    const echo = new EchoConnection().feed(whole(1));
    echo.take();
    expect(echo.feed(data(1, BODY), whole(3)).take()).toEqual([
      'RstStream 1 STREAM_CLOSED',
      ...ANSWER(3),
    ]);
  });

  it('REFUSED_STREAM: one more than the settings allow', () => {
    const echo = new EchoConnection({ maxConcurrentStreams: 2, silent: true });
    echo.feed(headers(1), headers(3), headers(5));
    expect(echo.take().at(-1)).toBe('RstStream 5 REFUSED_STREAM');
    echo.feed(rawFrame(FrameType.RstStream, 0, 1, uint32(8)), headers(7));
    expect(echo.take()).toEqual(['Headers 7 :status=200']);
    expect(echo.aborted).toEqual([1]);
  });
});

/** A HEADERS frame too large for one: as HEADERS and CONTINUATION. */
function inPieces(frame: Buffer): readonly Buffer[] {
  const block = frame.subarray(9);
  const pieces: Buffer[] = [];
  for (let at = 0; at < block.length; at += 16_384) {
    const last = at + 16_384 >= block.length;
    const type = at === 0 ? FrameType.Headers : FrameType.Continuation;
    const flags = last ? EndHeaders : 0;
    pieces.push(rawFrame(type, flags, 1, block.subarray(at, at + 16_384)));
  }
  return pieces;
}

describe('draining', () => {
  it('lets the streams end that are there or on their way, and takes no others', () => {
    const echo = new EchoConnection().feed(headers(1));
    echo.take();
    echo.http2.announceDrain();
    expect(echo.take()).toEqual([`GoAway ${2 ** 31 - 1} NO_ERROR`]);
    echo.feed(headers(3), rawFrame(FrameType.Ping, Ack, 0, Buffer.alloc(8)));
    expect(echo.take()).toEqual(['Headers 3 :status=200', 'GoAway 3 NO_ERROR']);
    echo.feed(whole(5), rawFrame(FrameType.RstStream, 0, 5, uint32(8)));
    expect([echo.take(), echo.wasDrained]).toEqual([[], false]);
    echo.feed(data(1, BODY, EndStream), data(3, BODY, EndStream));
    expect(echo.wasDrained).toBe(true);
    expect(echo.http2.openStreams).toBe(0);
  });
});
