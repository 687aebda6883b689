import type { Command } from '../command.js';
import type { Invocation } from '../invocation.js';
import { API_VERSION, ETCDCTL_VERSION } from '../version.js';

export const VERSION: Command = {
  use: 'version',
  short: 'Prints the version of etcdctl',
  run: runVersion,
};

async function runVersion({ surroundings }: Invocation): Promise<number> {
  const lines = `etcdctl version: ${ETCDCTL_VERSION}\nAPI version: ${API_VERSION}\n`;
  surroundings.streams.out(Buffer.from(lines));
  return 0;
}
