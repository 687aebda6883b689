import { encodeConsole, encodeJson, formatTimestamp } from './encoding.js';
import type { LogLine } from './encoding.js';

const line = (over: Partial<LogLine> = {}): LogLine => ({
  level: 'info',
  wallMs: Date.UTC(2026, 10, 21, 1, 2, 3, 456) + 0.789,
  caller: 'server/node',
  message: 'ready to serve client requests',
  fields: undefined,
  ...over,
});

describe('a timestamp', () => {
  it('is ISO 8601 in UTC with microseconds', () => {
    expect(formatTimestamp(0)).toBe('1970-01-01T00:00:00.000000Z');
    expect(formatTimestamp(line().wallMs)).toMatch(/^2026-11-21T01:02:03\.45678\dZ$/);
  });

  it('of a clock that has gone mad does not throw', () => {
    expect(formatTimestamp(Number.NaN)).toBe('unknown');
    expect(formatTimestamp(1e300)).toBe('unknown');
  });
});

describe('a JSON line', () => {
  it('has the parts in the order of zap', () => {
    const text = encodeJson(line({ wallMs: 0, fields: { 'member-id': '8e9e05c52164694d' } }));
    expect(text).toBe(
      '{"level":"info","ts":"1970-01-01T00:00:00.000000Z","caller":"server/node",' +
        '"msg":"ready to serve client requests","member-id":"8e9e05c52164694d"}\n',
    );
  });

  it('prints a 64-bit id with all its digits and an error as its message', () => {
    const text = encodeJson(
      line({ fields: { id: 18446744073709551615n, error: new Error('disk "full"') } }),
    );
    expect(text).toContain('"id":18446744073709551615,"error":"disk \\"full\\""');
  });

  it('is valid JSON whatever the fields are', () => {
    const fields = {
      'a "quoted" name\n': '\u0000\n"\\',
      none: undefined,
      nothing: null,
      list: [1, 'two', [3n], { four: true }],
      notANumber: Number.NaN,
      infinite: -Infinity,
    };
    const parsed: unknown = JSON.parse(encodeJson(line({ caller: '', message: 'x\ny', fields })));
    expect(parsed).toMatchObject({
      msg: 'x\ny',
      'a "quoted" name\n': '\u0000\n"\\',
      nothing: null,
      list: [1, 'two', [3], { four: true }],
      notANumber: 'NaN',
      infinite: '-Inf',
    });
    expect(Object.keys(parsed as object)).not.toContain('none');
    expect(Object.keys(parsed as object)).not.toContain('caller');
  });

  it('cuts a value which contains itself', () => {
    const cyclic: { self?: typeof cyclic } = {};
    cyclic.self = cyclic;
    expect(() =>
      JSON.parse(encodeJson(line({ fields: { cyclic: cyclic as never } }))),
    ).not.toThrow();
  });
});

describe('a console line', () => {
  it('has the same parts separated by tabs, the fields as JSON', () => {
    expect(encodeConsole(line({ wallMs: 0, fields: { took: '1.2ms', n: 3 } }))).toBe(
      '1970-01-01T00:00:00.000000Z\tinfo\tserver/node\tready to serve client requests\t' +
        '{"took":"1.2ms","n":3}\n',
    );
    expect(encodeConsole(line({ wallMs: 0, caller: '', message: 'x' }))).toBe(
      '1970-01-01T00:00:00.000000Z\tinfo\tx\n',
    );
  });

  it('stays one line when the message has line feeds', () => {
    expect(encodeConsole(line({ message: 'a\nb' })).trimEnd()).not.toContain('\n');
  });
});
