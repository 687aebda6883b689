import type { Client } from '@etcd-ts/client';
import { ExitCode, ExitError, int64 } from '@etcd-ts/command-line';
import { formatGoDuration } from '@etcd-ts/foundation';
import { AlarmRequest_AlarmAction, AlarmType, EtcdError, GrpcStatus } from '@etcd-ts/wire-protocol';
import type { Health } from '../answers/endpoint.js';
import { hashAnswer, healthAnswer, healthLine, statusAnswer } from '../answers/endpoint.js';
import { alarmName } from '../answers/alarm.js';
import type { Command } from '../command.js';
import { failed, failureText } from '../failure.js';
import type { Invocation } from '../invocation.js';
import { askEach, chosenEndpoints, CLUSTER_FLAG } from './endpoint-set.js';

export const ENDPOINT: Command = {
  use: 'endpoint <subcommand>',
  short: 'Endpoint related commands',
  inheritedFlags: [CLUSTER_FLAG],
  children: [
    {
      use: 'health',
      short: 'Checks the healthiness of endpoints specified in `--endpoints` flag',
      run: runHealth,
    },
    {
      use: 'status',
      short: 'Prints out the status of endpoints specified in `--endpoints` flag',
      long: `
When --write-out is set to simple, this command prints out comma-separated status lists for each endpoint.
The items in the lists are endpoint, ID, version, storage version, db size, db size in use, percentage not in use, db size quota, is leader, is learner, raft term, raft index, raft applied index, errors, downgrade target version, downgrade enabled.
`,
      run: runStatus,
    },
    {
      use: 'hashkv',
      short: 'Prints the KV history hash for each endpoint in --endpoints',
      flags: [int64('rev', 'maximum revision to hash (default: latest revision)')],
      run: runHashKv,
    },
  ],
};

async function runHealth(invocation: Invocation): Promise<number> {
  const connected = await invocation.connect();
  const { output, client } = connected;
  const endpoints = await chosenEndpoints(invocation, connected);
  // All at once: one that is down is not to delay the others by its whole time.
  const healths = await Promise.all(
    endpoints.map((endpoint) => checkHealth(client.at(endpoint), endpoint)),
  );
  client.close();
  if (output.format === 'simple') {
    for (const health of healths) {
      if (health.isHealthy) output.write(healthLine(health));
      else output.error(healthLine(health));
    }
  } else output.print(healthAnswer(healths));
  if (healths.every(({ isHealthy }) => isHealthy)) return ExitCode.success;
  throw new ExitError(ExitCode.error, 'unhealthy cluster');
}

/** A quorum answers a read, and there are no alarms. */
async function checkHealth(client: Client, endpoint: string): Promise<Health> {
  const begunMs = performance.now();
  const result = (error: string): Health => ({
    endpoint,
    isHealthy: error === '',
    took: formatGoDuration(performance.now() - begunMs),
    error,
  });
  try {
    await client.kv.get('health');
  } catch (error) {
    // Who may not read was answered by a quorum all the same.
    const mayNot = error instanceof EtcdError && error.code === GrpcStatus.PermissionDenied;
    return result(mayNot ? '' : failureText(error));
  }
  try {
    return result(await activeAlarms(client));
  } catch (error) {
    return result(`Unable to fetch the alarm list: ${failureText(error)}`);
  }
}

async function activeAlarms(client: Client): Promise<string> {
  const request = { action: AlarmRequest_AlarmAction.GET, memberID: 0n, alarm: AlarmType.NONE };
  const { alarms } = await client.maintenance.alarm(request);
  if (alarms.length === 0) return '';
  return `Active Alarm(s): ${alarms.map(({ alarm }) => `${alarmName(alarm)} `).join('')}`;
}

async function runStatus(invocation: Invocation): Promise<number> {
  const connected = await invocation.connect();
  const { output, client } = connected;
  const endpoints = await chosenEndpoints(invocation, connected);
  const { answers, failures } = await askEach(
    endpoints,
    connected,
    (each) => each.maintenance.status({}),
    ({ endpoint, error }) =>
      output.error(`Failed to get the status of endpoint ${endpoint} (${failureText(error)})\n`),
  );
  client.close();
  output.print(statusAnswer(answers));
  return failures.length === 0 ? ExitCode.success : ExitCode.error;
}

async function runHashKv(invocation: Invocation): Promise<number> {
  const connected = await invocation.connect();
  const { output, client } = connected;
  const revision = invocation.flags.integer('rev');
  const endpoints = await chosenEndpoints(invocation, connected);
  const { answers, failures } = await askEach(
    endpoints,
    connected,
    (each) => each.maintenance.hashKV({ revision }),
    ({ endpoint, error }) =>
      output.error(`Failed to get the hash of endpoint ${endpoint} (${failureText(error)})\n`),
  );
  client.close();
  output.print(hashAnswer(answers));
  const last = failures.at(-1);
  if (last !== undefined) throw failed(last.error);
  return ExitCode.success;
}
