import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

const MODULE = pathToFileURL(path.join(__dirname, 'amend.mjs')).href;

/** The module is ESM and these specs are not: a process of its own answers. */
function amend(source: string): string {
  const script = `import { amend } from '${MODULE}';
    process.stdout.write(amend(process.env.SOURCE));`;
  return execFileSync(process.execPath, ['--input-type=module', '-e', script], {
    encoding: 'utf8',
    env: { ...process.env, SOURCE: source },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

const END = `        if ((tag & 7) === 4 || tag === 0) {
          break;
        }
        reader.skip(tag & 7);
      }
      return message;
`;

describe('what is amended in generated code', () => {
  it('names the message that refuses', () => {
    const amended = amend(
      `import x from "y";\n\nexport const A: MessageFns<A> = {\n${END}};\nexport const B: MessageFns<B> = {\n${END}};\n`,
    );
    expect(amended.match(/proto: \w+: illegal/g)).toEqual([
      'proto: A: illegal',
      'proto: B: illegal',
    ]);
    expect(amended).not.toContain('tag === 0)');
  });

  it('refuses what reads beyond its own end', () => {
    const amended = amend(`import x from "y";\n\nexport const A: MessageFns<A> = {\n${END}};\n`);
    expect(amended).toMatch(
      /if \(reader\.pos !== end\) throw .*unexpected EOF.*\n\s+return message;/u,
    );
  });

  it('fails when the generator writes otherwise, rather than to let it pass', () => {
    expect(() => amend('export const A: MessageFns<A> = {\n};\n')).toThrow(
      /A: no end of the message/,
    );
    const noReturn = END.replace('return', 'answer');
    expect(() => amend(`export const A: MessageFns<A> = {\n${noReturn}};\n`)).toThrow(
      /A: no return of the message/,
    );
  });

  it('shares the empty bytes of a file', () => {
    expect(amend('import x from "y";\n\nmessage.key = object.key ?? Buffer.alloc(0);\n')).toBe(
      'import x from "y";\n\nconst EMPTY_BYTES: Buffer = Buffer.alloc(0);\n\nmessage.key = object.key ?? EMPTY_BYTES;\n',
    );
  });
});
