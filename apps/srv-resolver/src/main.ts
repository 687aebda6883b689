import { runCommand } from './command.js';

void runCommand().then((exitCode) => process.exit(exitCode));
