import type { AnyCommand, AnyCommandPath } from './command.js';
import { leafOf } from './command.js';
import { childNamed } from './find-command.js';

/** What `help WORDS...` is about; `complaint`: nothing of that name, so it is about the whole. */
export function helpTopic(
  root: AnyCommand,
  words: readonly string[],
): { readonly path: AnyCommandPath; readonly complaint: string | undefined } {
  let path: AnyCommandPath = { commands: [root] };
  for (const word of words) {
    const child = childNamed(leafOf(path), word);
    if (child === undefined) {
      const topic = words.map((each) => `\`${each}\``).join(' ');
      return { path: { commands: [root] }, complaint: `Unknown help topic [${topic}]\n` };
    }
    path = { commands: [...path.commands, child] };
  }
  return { path, complaint: undefined };
}
