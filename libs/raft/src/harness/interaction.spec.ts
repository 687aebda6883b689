import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Interaction } from './interaction.js';
import { parseCommand, parseScript, renderBlock } from './script.js';

const FOLDER = join(__dirname, '..', '..', 'testdata');

function replay(text: string): string {
  const interaction = new Interaction();
  const blocks = parseScript(text).map((block) => {
    const output = block.commands.flatMap((line) => interaction.run(parseCommand(line)));
    return renderBlock(block, output.length === 0 ? ['ok'] : output);
  });
  return `${blocks.join('\n\n')}\n`;
}

// REWRITE=1 writes down what happens now. Commit that only if every changed line is understood.
describe('interaction scripts', () => {
  for (const file of readdirSync(FOLDER).filter((name) => name.endsWith('.txt'))) {
    it(`${file} goes as written`, () => {
      const path = join(FOLDER, file);
      const text = readFileSync(path, 'utf8');
      const replayed = replay(text);
      if (process.env['REWRITE'] === '1') writeFileSync(path, replayed);
      else expect(replayed).toBe(text);
    });
  }
});
