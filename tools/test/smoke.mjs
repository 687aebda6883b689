// Starts the server as README.md says (without installing again), runs the commands of its ```console
// block, and compares what each prints with what the README says it prints: the first thing a reader
// tries must be true.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'node:net';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const SERVER_PORT = 2379;
const START_LIMIT_MS = 60_000;
const COMMAND_LIMIT_MS = 30_000;

const README = readFileSync(join(ROOT, 'README.md'), 'utf8');

function block(language) {
  const found = new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\``, 'm').exec(README);
  if (found === null) throw new Error(`README.md has no ${language} block`);
  return found[1];
}

function serverCommand() {
  const found = /^npm ci && (npm start)\b/m.exec(block('sh'));
  if (found === null) throw new Error('README.md does not say how to start the server');
  return found[1];
}

/** [{ command, expected }] of the block. */
function commands() {
  return block('console')
    .split(/^\$ /m)
    .slice(1)
    .map((part) => {
      const [command, ...expected] = part.trimEnd().split('\n');
      return { command, expected: expected.join('\n') };
    });
}

function isOpen() {
  return new Promise((resolve) => {
    const socket = connect(SERVER_PORT, '127.0.0.1');
    socket.on('connect', () => resolve(true) ?? socket.destroy());
    socket.on('error', () => resolve(false));
  });
}

async function untilOpen(server) {
  const deadline = performance.now() + START_LIMIT_MS;
  while (!(await isOpen())) {
    if (server.exitCode !== null) throw new Error(`the server ended with code ${server.exitCode}`);
    if (performance.now() > deadline) throw new Error(`nothing on port ${SERVER_PORT}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

function shell(command, env, stdio, detached = false) {
  return spawn('bash', ['-c', command], { cwd: ROOT, env, stdio, detached });
}

/** What a command prints, both ways together, as a reader sees it. */
function printed(command, env) {
  return new Promise((resolve, reject) => {
    const child = shell(`{ ${command}\n} 2>&1`, env, ['ignore', 'pipe', 'inherit']);
    const limit = setTimeout(() => child.kill('SIGKILL'), COMMAND_LIMIT_MS);
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (chunk) => (output += chunk));
    child.on('error', reject);
    child.on('close', () => {
      clearTimeout(limit);
      resolve(output.trimEnd());
    });
  });
}

async function main() {
  if (await isOpen()) throw new Error(`something else answers on port ${SERVER_PORT}`);
  const dataDir = mkdtempSync(join(tmpdir(), 'etcd-ts-smoke-'));
  const env = { ...process.env, ETCDCTL_API: '3', ETCD_DATA_DIR: join(dataDir, 'default.etcd') };
  process.stdout.write(`$ ${serverCommand()}\n`);
  // A group of its own: npm does not hand every signal on to what it runs.
  const server = shell(`exec ${serverCommand()}`, env, 'ignore', true);
  const ended = new Promise((resolve) => server.on('close', resolve));
  let wrong = 0;
  try {
    await untilOpen(server);
    for (const { command, expected } of commands()) {
      const output = await printed(command, env);
      process.stdout.write(`$ ${command}\n${output}\n`);
      if (output === expected) continue;
      wrong++;
      process.stdout.write(`FAILED: README.md says:\n${expected}\n`);
    }
  } finally {
    if (server.exitCode === null) process.kill(-server.pid, 'SIGTERM');
    await ended;
    rmSync(dataDir, { recursive: true, force: true });
  }
  process.exitCode = wrong === 0 ? 0 : 1;
}

await main();
