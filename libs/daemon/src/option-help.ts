import { environmentName } from './option-table.js';
import type { CommandOption } from './option-table.js';

const HELP_WIDTH = 88;
const INDENT = '      ';

export interface OptionSection {
  readonly title: string;
  readonly options: readonly CommandOption[];
}

/** The options as a page for people: what each does, its default and its environment variable. */
export function formatOptionHelp(sections: readonly OptionSection[], envPrefix: string): string {
  return sections
    .map(({ title, options }) => {
      const entries = options.map((option) => entryOf(option, envPrefix));
      return `${title}:\n${entries.join('')}`;
    })
    .join('\n');
}

function entryOf(
  { name, kind, placeholder, help, ...rest }: CommandOption,
  prefix: string,
): string {
  const value = kind === 'switch' ? '' : ` ${placeholder ?? kind.toUpperCase()}`;
  const fallback =
    rest.default === '' || rest.default === 'false' ? '' : `default ${rest.default}; `;
  const text = `${help} [${fallback}${environmentName(prefix, name)}]`;
  return `  --${name}${value}\n${wrap(text)}\n`;
}

function wrap(text: string): string {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && INDENT.length + line.length + word.length >= HELP_WIDTH) {
      lines.push(line);
      line = word;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  return [...lines, line].map((each) => `${INDENT}${each}`).join('\n');
}
