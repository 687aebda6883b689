import { readFileSync } from 'node:fs';
import { findExtraAuthorities } from './extra-authorities.js';
import { StreamInput } from './input.js';
import { interruptSignal } from './interruption.js';
import { runEtcdctl } from './program.js';
import { exactWords } from './word-bytes.js';

/** Whoever read the output has gone: end as every program does then, by the signal. */
function endQuietly(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error;
  // Node ignores the signal from its start; a handler put on and taken off leaves the default.
  process.once('SIGPIPE', () => undefined).removeAllListeners('SIGPIPE');
  process.kill(process.pid, 'SIGPIPE');
}

function flushed(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => {
    stream.write('', () => resolve());
  });
}

process.stdout.on('error', endQuietly);
process.stderr.on('error', endQuietly);
findExtraAuthorities(process.env);
const words = exactWords(process.argv.slice(2), () => readFileSync('/proc/self/cmdline'));
void runEtcdctl(words, {
  streams: {
    out: (bytes) => void process.stdout.write(bytes),
    error: (text) => void process.stderr.write(text),
  },
  input: new StreamInput(() => process.stdin),
  environment: process.env,
  interrupts: interruptSignal,
}).then(async (exitCode) => {
  // A pipe that broke is noticed only now: exiting at once would call half an answer a success.
  await Promise.all([flushed(process.stdout), flushed(process.stderr)]);
  process.exit(exitCode);
});
