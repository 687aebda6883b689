import { accessSync, constants } from 'node:fs';
import { bytesOf, isText } from '../word-bytes.js';

interface PassedWords {
  readonly file: string;
  readonly args: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
}

/**
 * How to start a command so that it gets every byte of its words and variables. Node passes on text;
 * what is none has to be put together by a shell, which then becomes the program. undefined: there is no
 * such program, which the shell would say in words of its own.
 */
export function passedOn(
  [file = '', ...args]: readonly string[],
  variables: Readonly<Record<string, string>>,
): PassedWords | undefined {
  const words = [file, ...args];
  if ([...words, ...Object.values(variables)].every(isText)) {
    return { file, args, environment: variables };
  }
  if (!isProgram(bytesOf(file))) return undefined;
  const script = [
    ...Object.entries(variables).map(([name, value]) => `${assigned(name, value)}; export ${name}`),
    'set --',
    ...words.map((word) => `${assigned('word', word)}; set -- "$@" "$word"`),
    'unset word',
    'exec "$@"',
  ];
  return { file: '/bin/sh', args: ['-c', script.join('\n')], environment: {} };
}

function isProgram(file: Buffer): boolean {
  if (file.includes('/')) return isExecutable(file);
  const folders = (process.env['PATH'] ?? '').split(':');
  return folders.some((folder) => isExecutable(Buffer.concat([Buffer.from(`${folder}/`), file])));
}

function isExecutable(path: Buffer): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** The x keeps line feeds at the end, which the shell would take away. */
function assigned(name: string, word: string): string {
  return `${name}=$(printf '${octal(bytesOf(word))}x'); ${name}=\${${name}%x}`;
}

/** Every byte: nothing in it means anything to the shell or to printf. */
function octal(bytes: Buffer): string {
  return [...bytes].map((byte) => `\\${byte.toString(8).padStart(3, '0')}`).join('');
}
