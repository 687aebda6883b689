import { startNode } from '@etcd-ts/node';
import { runCommand } from './command.js';

void runCommand(startNode).then((exitCode) => process.exit(exitCode));
