import { must } from '@etcd-ts/foundation';
import fc from 'fast-check';
import { execFileSync } from 'node:child_process';
import { bytesOf, wordOf } from '../word-bytes.js';
import { passedOn } from './passed-words.js';

/** The words and the variable that a program got. */
function received(words: readonly string[], variable: string): Buffer {
  const show = ['sh', '-c', 'printf "%s\\0" "$@" "$VARIABLE"', 'sh', ...words];
  const passed = passedOn(show, { VARIABLE: variable });
  const { file, args, environment } = must(passed, 'sh is a program');
  return execFileSync(file, args, { env: { ...process.env, ...environment } });
}

describe('a command with words and variables of any bytes', () => {
  it('gets every one of them', () => {
    // No word holds a zero byte: it is where they end.
    const word = fc
      .uint8Array({ min: 1, maxLength: 12 })
      .map((bytes) => wordOf(Buffer.from(bytes)));
    fc.assert(
      fc.property(fc.array(word, { maxLength: 4 }), word, (words, variable) => {
        const all = [...words, variable].flatMap((each) => [bytesOf(each), Buffer.of(0)]);
        expect(received(words, variable)).toEqual(Buffer.concat(all));
      }),
      {
        numRuns: 40,
        examples: [
          [['', "'\n\n", '$(x)\\`"', '%s', wordOf(Buffer.from('\xff\n\n', 'latin1'))], ''],
        ],
      },
    );
  });

  it('does not begin when there is no such program', () => {
    const bytes = wordOf(Buffer.of(0xff));
    expect(passedOn(['no-such-program', bytes], {})).toBeUndefined();
    expect(passedOn([`/bin/${bytes}`], {})).toBeUndefined();
  });

  it('needs no shell when all of it is text', () => {
    expect(passedOn(['echo', 'é'], { KEY: 'k' })).toEqual({
      file: 'echo',
      args: ['é'],
      environment: { KEY: 'k' },
    });
  });
});
