import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import type { Client } from '@etcd-ts/client';
import { ExitCode, ExitError, badArguments, humanBytes } from '@etcd-ts/command-line';
import { EtcdError, GrpcStatus } from '@etcd-ts/wire-protocol';
import type { Command } from '../command.js';
import { failed } from '../failure.js';
import type { Connected, Invocation } from '../invocation.js';
import { infoLine } from '../log-line.js';

/** Pages of 512 bytes, and a SHA-256 after them. */
const PAGE_BYTES = 512;
const DIGEST_BYTES = 32;
const FILE_MODE = 0o600;

export const SNAPSHOT: Command = {
  use: 'snapshot <subcommand>',
  short: 'Manages etcd node snapshots',
  children: [
    {
      use: 'save <filename>',
      short: 'Stores an etcd node backend snapshot to a given file',
      run: runSave,
    },
  ],
};

const failure = (message: string): ExitError => new ExitError(ExitCode.interrupted, message);

async function runSave(invocation: Invocation): Promise<number> {
  const [path] = invocation.args;
  if (path === undefined || invocation.args.length !== 1) {
    throw badArguments('snapshot save expects one argument');
  }
  const connected = await invocation.connect();
  const { client, output } = connected;
  if (client.endpoints.length !== 1) {
    const shown = client.endpoints.join(' ');
    throw failure(`snapshot must be requested to one selected node, not multiple [${shown}]`);
  }
  const part = `${path}.part`;
  let version: string;
  try {
    version = await fetchTo(part, connected, invocation.commandTimeoutMs);
    renameSync(part, path);
  } catch (error) {
    rmSync(part, { force: true });
    throw failed(error, ExitCode.interrupted);
  }
  output.error(infoLine('snapshot/v3_snapshot.go:152', 'saved', { path }));
  output.write(`Snapshot saved at ${path}\n`);
  if (version !== '') output.write(`Server version ${version}\n`);
  client.close();
  return 0;
}

/** Resolves with the server's version when the file is whole and on disk. */
async function fetchTo(part: string, connected: Connected, patienceMs: number): Promise<string> {
  const { client, output } = connected;
  const endpoint = client.endpoints[0] ?? '';
  const begunMs = performance.now();
  const file = open(part);
  try {
    output.error(
      infoLine('snapshot/v3_snapshot.go:119', 'created temporary db file', { path: part }),
    );
    output.error(infoLine('snapshot/v3_snapshot.go:127', 'fetching snapshot', { endpoint }));
    const { bytes, version } = await receive(client, file, patienceMs);
    const hasDigest = bytes % PAGE_BYTES === DIGEST_BYTES;
    if (!hasDigest) throw failure(`sha256 checksum not found [bytes: ${bytes}]`);
    // Before the name is: a file under it is whole, whatever happens next.
    fsyncSync(file);
    const took = (performance.now() - begunMs) / 1000;
    const size = humanBytes(BigInt(bytes));
    const seen = { endpoint, size, took };
    output.error(infoLine('snapshot/v3_snapshot.go:142', 'fetched snapshot', seen));
    return version;
  } finally {
    closeSync(file);
  }
}

function open(part: string): number {
  try {
    return openSync(part, 'w', FILE_MODE);
  } catch (error) {
    const isMissing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    const why = isMissing ? 'no such file or directory' : String(error);
    throw failure(`could not open ${part} (open ${part}: ${why})`);
  }
}

/** Gives up when nothing arrives for so long: a snapshot takes what it takes, silence does not. */
async function receive(
  client: Client,
  file: number,
  patienceMs: number,
): Promise<{ bytes: number; version: string }> {
  const silence = new AbortController();
  const timer = setTimeout(() => silence.abort(TOO_SLOW), patienceMs);
  let bytes = 0;
  let version = '';
  try {
    for await (const piece of client.maintenance.snapshot({}, { signal: silence.signal })) {
      timer.refresh();
      if (piece.version !== '') version = piece.version;
      for (let at = 0; at < piece.blob.length;) at += writeSync(file, piece.blob, at);
      bytes += piece.blob.length;
    }
  } finally {
    clearTimeout(timer);
  }
  return { bytes, version };
}

const TOO_SLOW = new EtcdError({
  code: GrpcStatus.DeadlineExceeded,
  message: 'context deadline exceeded',
});
