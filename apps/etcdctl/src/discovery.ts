import { discoverClientEndpoints, withoutInsecure } from '@etcd-ts/bootstrap';
import { ExitCode, ExitError } from '@etcd-ts/command-line';
import type { FlagValues } from '@etcd-ts/command-line';
import { SYSTEM_SCHEDULER } from '@etcd-ts/daemon';
import { createSystemResolver } from '@etcd-ts/dns';

const LOOKUP_TIMEOUT_MS = 5_000;
const LOOKUP_ATTEMPTS = 2;

/** The endpoints that DNS names for the domain of --discovery-srv. */
export async function discoverEndpoints(
  flags: FlagValues,
  warn: (line: string) => void,
): Promise<readonly string[]> {
  const domain = flags.text('discovery-srv');
  const resolver = createSystemResolver({
    nameservers: [],
    timeoutMs: LOOKUP_TIMEOUT_MS,
    attempts: LOOKUP_ATTEMPTS,
    scheduler: SYSTEM_SCHEDULER,
  });
  const outcome = await discoverClientEndpoints(resolver, domain, flags.text('discovery-srv-name'));
  if (outcome.kind === 'error') throw new ExitError(ExitCode.error, outcome.message);
  if (flags.bool('insecure-discovery')) return outcome.endpoints;
  const { kept, notices } = withoutInsecure(outcome.endpoints);
  for (const notice of notices) warn(`${notice}\n`);
  return kept;
}
