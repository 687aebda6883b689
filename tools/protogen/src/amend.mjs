// What ts-proto has no option for, mended in the code it has written.

/** A message with empty bytes in it is made for every request; a Buffer costs more than the rest. */
const EMPTY = 'const EMPTY_BYTES: Buffer = Buffer.alloc(0);\n';

/**
 * ts-proto takes a field number of zero, and the end of a group that nothing began, for the end of
 * the message, and silently drops what follows. Go refuses both, in these words.
 */
function refusal(message) {
  return `if (tag >>> 3 === 0) {
          throw new globalThis.Error(\`proto: ${message}: illegal tag \${tag >>> 3} (wire type \${tag & 7})\`);
        }
        if ((tag & 7) === 4) {
          throw new globalThis.Error("proto: ${message}: wiretype end group for non-group");
        }
`;
}

/**
 * A message inside of another reads until its own end, and its last field may lead beyond it: then
 * what follows would be taken for a part of it, and the message around it would end too late. Go
 * refuses it, in these words.
 */
const OVERRUN = `if (reader.pos !== end) throw new globalThis.Error("unexpected EOF");
      return message;`;

/** The same of a list of numbers that is packed into one field. */
const PACKED = /(while \(reader\.pos < end2\) \{\n[^}]*\})\n/g;
const PACKED_OVERRUN =
  '$1\n              if (reader.pos !== end2) throw new globalThis.Error("unexpected EOF");\n';

const RETURN_DECODED = /(?<=reader\.skip\(tag & 7\);\n\s+\}\n\s+)return message;/;
const END_OF_MESSAGE = /if \(\(tag & 7\) === 4 \|\| tag === 0\) \{\s+break;\s+\}\n/;
const MESSAGE = /^export const (\w+): MessageFns</;

/** The text of one generated file, amended. Throws when ts-proto has begun to write otherwise. */
export function amend(source) {
  const parts = source.split(/^(?=export const \w+: MessageFns<)/m);
  const [head, ...messages] = parts.map((part) => {
    const name = MESSAGE.exec(part)?.[1];
    if (name === undefined) return part;
    // A message without fields decodes by the same loop.
    if (!END_OF_MESSAGE.test(part)) throw new Error(`${name}: no end of the message to amend`);
    if (!RETURN_DECODED.test(part)) throw new Error(`${name}: no return of the message to amend`);
    return part
      .replace(END_OF_MESSAGE, refusal(name))
      .replace(RETURN_DECODED, OVERRUN)
      .replace(PACKED, PACKED_OVERRUN);
  });
  const amended = [head, ...messages].join('');
  if (!amended.includes('Buffer.alloc(0)')) return amended;
  return amended
    .replaceAll('Buffer.alloc(0)', 'EMPTY_BYTES')
    .replace(/^(import .*\n)+/m, (imports) => `${imports}\n${EMPTY}`);
}
