import { formKind, MAX_FORM_PAIRS, parseForm } from './form.js';
import type { FormOutcome } from './form.js';

function fields(outcome: FormOutcome): Record<string, readonly string[]> {
  if (outcome.kind === 'malformed') throw new Error(outcome.message);
  return Object.fromEntries(outcome.form);
}

function fault(body: string | undefined, query: string): string {
  const outcome = parseForm(body, query);
  return outcome.kind === 'malformed' ? outcome.message : 'none';
}

describe('a form', () => {
  it('has the values of the body before those of the query', () => {
    expect(fields(parseForm('a=1&b', 'a=2&c=%20+x'))).toEqual({
      a: ['1', '2'],
      b: [''],
      c: ['  x'],
    });
  });

  it('decodes escapes as UTF-8, and bytes that are none as U+FFFD', () => {
    expect(
      fields(parseForm(undefined, 'a=%E2%82%AC&b=%ff&%F0%9F%98%80=\u00e2\u0082\u00ac')),
    ).toEqual({
      a: ['€'],
      b: ['\ufffd'],
      '😀': ['€'],
    });
  });

  it('ignores pairs without anything in them', () => {
    expect(fields(parseForm('&&=&', ''))).toEqual({ '': [''] });
  });

  it('is refused in Go’s words', () => {
    expect(fault(undefined, 'a=1;b=2')).toBe('invalid semicolon separator in query');
    expect(fault(undefined, 'a=%zz&b=%4')).toBe('invalid URL escape "%zz"');
    expect(fault('b=%4', 'a=%zz')).toBe('invalid URL escape "%4"');
    expect(fault('', 'x%%41')).toBe('invalid URL escape "%%4"');
    expect(fault(undefined, 'a=%zz&b;c')).toBe('invalid semicolon separator in query');
  });

  it('is refused if it has more fields than anybody needs', () => {
    expect(fault('a&'.repeat(MAX_FORM_PAIRS), '')).toBe('none');
    expect(fault('a&'.repeat(MAX_FORM_PAIRS + 1), '')).toBe('too many form fields');
  });
});

describe('the type of a body', () => {
  it.each([
    ['application/x-www-form-urlencoded', 'form'],
    ['APPLICATION/X-WWW-form-urlencoded; charset="utf-8";', 'form'],
    ['application/json', 'other'],
    ['foo', 'other'],
    ['', 'other'],
    [undefined, 'other'],
  ])('%s is %s', (type, kind) => {
    expect(formKind(type).kind).toBe(kind);
  });

  it.each([
    [';;', 'mime: no media type'],
    ['a b', 'mime: expected token after slash'],
    ['a/b c', 'mime: unexpected content after media subtype'],
    ['a/b; charset', 'mime: invalid media parameter'],
  ])('%s is refused', (type, message) => {
    expect(formKind(type)).toEqual({ kind: 'malformed', message });
  });
});
