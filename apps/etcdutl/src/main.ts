import { COMMANDS } from './commands/index.js';
import { runProgram } from './program.js';

void runProgram(COMMANDS, process.argv.slice(2), {
  out: (text) => void process.stdout.write(text),
  error: (text) => void process.stderr.write(text),
}).then((exitCode) => process.exit(exitCode));
