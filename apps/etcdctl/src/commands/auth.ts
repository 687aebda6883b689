import type { Client } from '@etcd-ts/client';
import { badArguments } from '@etcd-ts/command-line';
import { ERRORS, EtcdError } from '@etcd-ts/wire-protocol';
import { authStatusAnswer } from '../answers/auth.js';
import type { Command } from '../command.js';
import type { Invocation } from '../invocation.js';

export const AUTH: Command = {
  use: 'auth <enable or disable>',
  short: 'Enable or disable authentication',
  children: [
    { use: 'enable', short: 'Enables authentication', run: runEnable },
    { use: 'disable', short: 'Disables authentication', run: runDisable },
    { use: 'status', short: 'Returns authentication status', run: runStatus },
  ],
};

function refuseArguments({ args }: Invocation, name: string): void {
  if (args.length > 0) throw badArguments(`auth ${name} command does not accept any arguments`);
}

async function runEnable(invocation: Invocation): Promise<number> {
  refuseArguments(invocation, 'enable');
  const { client, output } = await invocation.connect();
  try {
    await client.auth.authEnable({});
  } catch (error) {
    const lacksRole = error instanceof EtcdError && error.is(ERRORS.RootRoleNotExist);
    if (!lacksRole) throw error;
    await makeRoot(client);
    await client.auth.authEnable({});
  }
  output.write('Authentication Enabled\n');
  client.close();
  return 0;
}

/** The user root is there, without the role that makes him what he is called. */
async function makeRoot(client: Client): Promise<void> {
  try {
    await client.auth.roleAdd({ name: 'root' });
  } catch (error) {
    const isThere = error instanceof EtcdError && error.is(ERRORS.RoleAlreadyExist);
    if (!isThere) throw error;
  }
  await client.auth.userGrantRole({ user: 'root', role: 'root' });
}

async function runDisable(invocation: Invocation): Promise<number> {
  refuseArguments(invocation, 'disable');
  const { client, output } = await invocation.connect();
  await client.auth.authDisable({});
  output.write('Authentication Disabled\n');
  client.close();
  return 0;
}

async function runStatus(invocation: Invocation): Promise<number> {
  refuseArguments(invocation, 'status');
  const { client, output } = await invocation.connect();
  output.print(authStatusAnswer(await client.auth.authStatus({})));
  client.close();
  return 0;
}
