import { COMMANDS } from './commands/index.js';
import { StreamInput } from './input.js';
import { interruptSignal } from './interruption.js';
import { runProgram } from './program.js';

/** Whoever read the output has gone: end as every program does then, by the signal. */
function endQuietly(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error;
  // Node ignores the signal from its start; a handler put on and taken off leaves the default.
  process.once('SIGPIPE', () => undefined).removeAllListeners('SIGPIPE');
  process.kill(process.pid, 'SIGPIPE');
}

process.stdout.on('error', endQuietly);
process.stderr.on('error', endQuietly);
void runProgram(COMMANDS, process.argv.slice(2), {
  streams: {
    out: (bytes) => void process.stdout.write(bytes),
    error: (text) => void process.stderr.write(text),
  },
  input: new StreamInput(() => process.stdin),
  environment: process.env,
  interrupts: interruptSignal,
}).then((exitCode) => process.exit(exitCode));
