import { runEtcdutl } from './program.js';

void runEtcdutl(process.argv.slice(2), {
  out: (bytes) => void process.stdout.write(bytes),
  error: (text) => void process.stderr.write(text),
}).then((exitCode) => process.exit(exitCode));
