import { startNode } from '@etcd-ts/node';
import { runCommand } from './command.js';
import { startFailpoints } from './failpoints/failpoint-start.js';

FAILPOINT: startFailpoints(process.env);

void runCommand(startNode).then((exitCode) => process.exit(exitCode));
