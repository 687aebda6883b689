import { Client, del, from, prefix, put } from '@etcd-ts/client';
import type { ClientOptions, Credentials, Operation } from '@etcd-ts/client';
import { badArguments, bool, int64, text, uint } from '@etcd-ts/command-line';
import type { FlagValues } from '@etcd-ts/command-line';
import { Event_EventType } from '@etcd-ts/wire-protocol';
import type { Event } from '@etcd-ts/wire-protocol';
import { commonOptions, tlsOptions } from '../client-setup.js';
import type { Command } from '../command.js';
import type { Invocation } from '../invocation.js';
import { bytesOf } from '../word-bytes.js';

/** How often the count of what was mirrored is told. */
const REPORT_INTERVAL_MS = 30_000;
/** Of a revision's operations that are still to be written, when the flag says nothing. */
const DEFAULT_MAX_TXN_OPS = 128;

export const MAKE_MIRROR: Command = {
  use: 'make-mirror [options] <destination>',
  short: 'Makes a mirror at the destination etcd cluster',
  flags: [
    text('prefix', 'Key-value prefix to mirror'),
    int64('rev', 'Specify the kv revision to start to mirror'),
    uint(
      'max-txn-ops',
      'Maximum number of operations permitted in a transaction during syncing updates.',
      DEFAULT_MAX_TXN_OPS,
    ),
    text(
      'dest-prefix',
      'destination prefix to mirror a prefix to a different prefix in the destination cluster',
    ),
    bool('no-dest-prefix', 'mirror key-values to the root of the destination cluster'),
    text(
      'dest-cert',
      'Identify secure client using this TLS certificate file for the destination cluster',
    ),
    text('dest-key', 'Identify secure client using this TLS key file'),
    text('dest-cacert', 'Verify certificates of TLS enabled secure servers using this CA bundle'),
    bool('dest-insecure-transport', 'Disable transport security for client connections', true),
    text(
      'dest-user',
      'Destination username[:password] for authentication (prompt if password is not supplied)',
    ),
    text(
      'dest-password',
      "Destination password for authentication (if this option is used, --dest-user option shouldn't include password)",
    ),
  ],
  run: runMakeMirror,
};

async function runMakeMirror(invocation: Invocation): Promise<number> {
  const { args, flags } = invocation;
  const [destination] = args;
  if (destination === undefined || args.length !== 1) {
    throw badArguments('make-mirror takes one destination argument');
  }
  if (flags.bool('no-dest-prefix') && flags.text('dest-prefix') !== '') {
    throw badArguments(
      '`--dest-prefix` and `--no-dest-prefix` cannot be set at the same time, choose one',
    );
  }
  const target = new Client(await destinationOptions(invocation, destination));
  const { client, output } = await invocation.connect();
  const mirror = new Mirror(client, target, flags);
  const report = setInterval(() => output.write(`${mirror.count}\n`), REPORT_INTERVAL_MS);
  try {
    await mirror.run();
  } finally {
    clearInterval(report);
    client.close();
    target.close();
  }
  return 0;
}

const DESTINATION_TLS = {
  cert: 'dest-cert',
  key: 'dest-key',
  cacert: 'dest-cacert',
  insecureTransport: 'dest-insecure-transport',
};

async function destinationOptions(
  { flags, surroundings }: Invocation,
  destination: string,
): Promise<ClientOptions> {
  const user = flags.text('dest-user');
  const colon = user.indexOf(':');
  const given = flags.text('dest-password');
  let credentials: Credentials | undefined;
  if (user !== '' && given !== '') credentials = { user, password: given };
  else if (colon >= 0) {
    credentials = { user: user.slice(0, colon), password: user.slice(colon + 1) };
  } else if (user !== '') {
    surroundings.streams.out(Buffer.from('Destination Password: '));
    credentials = { user, password: await surroundings.input.secret() };
    surroundings.streams.out(Buffer.from('\n'));
  }
  return {
    ...commonOptions(flags),
    ...(await tlsOptions(flags, DESTINATION_TLS, '')),
    ...(credentials !== undefined && { credentials }),
    endpoints: [destination],
  };
}

/** Copies a prefix as it is at one revision, then follows it, each revision as one transaction. */
class Mirror {
  readonly #source: Client;
  readonly #target: Client;
  readonly #prefix: Buffer;
  readonly #targetPrefix: Buffer;
  readonly #startRevision: bigint;
  readonly #maxOperations: number;
  #count = 0;

  constructor(source: Client, target: Client, flags: FlagValues) {
    this.#source = source;
    this.#target = target;
    this.#prefix = bytesOf(flags.text('prefix'));
    const given = flags.text('dest-prefix');
    const keepsPrefix = given === '' && !flags.bool('no-dest-prefix');
    this.#targetPrefix = keepsPrefix ? this.#prefix : bytesOf(given);
    this.#startRevision = flags.integer('rev');
    this.#maxOperations = Math.max(1, Number(flags.integer('max-txn-ops')));
  }

  get count(): number {
    return this.#count;
  }

  /** Goes on until something fails, as when history is compacted that it has not seen. */
  async run(): Promise<void> {
    const begun = this.#startRevision - 1n;
    const mirrored = begun > 0n ? begun : await this.#copyAll();
    const keys = this.#keys();
    for await (const { events } of this.#source.watch(keys, { startRevision: mirrored + 1n })) {
      for (const batch of byRevision(events)) await this.#apply(batch);
    }
  }

  #keys(): ReturnType<typeof prefix> {
    return this.#prefix.length === 0 ? from('') : prefix(this.#prefix);
  }

  async #copyAll(): Promise<bigint> {
    // Any key does: what is wanted is the revision that everything is read at.
    const { header } = await this.#source.kv.range('foo');
    const revision = header?.revision ?? 0n;
    for await (const { key, value } of this.#source.kv.entries(this.#keys(), {
      revision,
      serializable: true,
    })) {
      await this.#target.kv.put(this.#moved(key), value);
      this.#count++;
    }
    return revision;
  }

  async #apply(events: readonly Event[]): Promise<void> {
    for (let at = 0; at < events.length; at += this.#maxOperations) {
      const operations = events
        .slice(at, at + this.#maxOperations)
        .flatMap((event) => this.#operation(event));
      await this.#target.kv
        .txn()
        .do(...operations)
        .commit();
      this.#count += operations.length;
    }
  }

  #operation({ type, kv }: Event): Operation[] {
    if (kv === undefined) return [];
    const key = this.#moved(kv.key);
    return [type === Event_EventType.DELETE ? del(key) : put(key, kv.value)];
  }

  #moved(key: Buffer): Buffer {
    return Buffer.concat([this.#targetPrefix, key.subarray(this.#prefix.length)]);
  }
}

function byRevision(events: readonly Event[]): Event[][] {
  const batches: Event[][] = [];
  let revision: bigint | undefined;
  for (const event of events) {
    if (event.kv?.modRevision !== revision) batches.push([]);
    revision = event.kv?.modRevision;
    batches.at(-1)?.push(event);
  }
  return batches;
}
