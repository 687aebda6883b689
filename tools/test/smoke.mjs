// Runs the first ```console block of README.md, command by command, and compares what each prints
// with what the README says it prints: the first thing a reader tries must be true.
// A command in the background is the server; the next one waits until its port is open.
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

/** [{ command, expected }] of the block; installing is left to the caller. */
function commands() {
  const block = /^```console\n([\s\S]*?)^```/m.exec(readFileSync(join(ROOT, 'README.md'), 'utf8'));
  if (block === null) throw new Error('README.md has no console block');
  return block[1]
    .split(/^\$ /m)
    .slice(1)
    .map((part) => {
      const [command, ...expected] = part.trimEnd().split('\n');
      return { command, expected: expected.join('\n') };
    })
    .filter(({ command }) => !command.startsWith('npm ci'));
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

function shell(command, env, stdio) {
  return spawn('bash', ['-c', command], { cwd: ROOT, env, stdio });
}

/** What a command prints, both ways together, as a reader sees it. */
function printed(command, env) {
  return new Promise((resolve, reject) => {
    const child = shell(`{ ${command}; } 2>&1`, env, ['ignore', 'pipe', 'inherit']);
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
  const servers = [];
  let wrong = 0;
  try {
    for (const { command, expected } of commands()) {
      process.stdout.write(`$ ${command}\n`);
      if (command.endsWith('&')) {
        const server = shell(`exec ${command.replace(/\s*&$/, '')}`, env, 'ignore');
        servers.push(server);
        await untilOpen(server);
        continue;
      }
      const output = await printed(command, env);
      process.stdout.write(`${output}\n`);
      if (output === expected) continue;
      wrong++;
      process.stdout.write(`FAILED: README.md says:\n${expected}\n`);
    }
  } finally {
    for (const server of servers) server.kill('SIGTERM');
    await Promise.all(
      servers.map(
        (server) => server.exitCode ?? new Promise((resolve) => server.on('close', resolve)),
      ),
    );
    rmSync(dataDir, { recursive: true, force: true });
  }
  process.exitCode = wrong === 0 ? 0 : 1;
}

await main();
