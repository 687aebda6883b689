import { RpcClient, succeeded } from '@etcd-ts/testkit';
import { KVDefinition, PutRequest } from '@etcd-ts/wire-protocol';

/**
 * So many writers, each with one write after the other. Resolves with how long each acknowledged
 * write took, in milliseconds.
 */
export async function write(
  client: RpcClient,
  token: string,
  durationMs: number,
  writers: number,
): Promise<readonly number[]> {
  const latencies: number[] = [];
  const untilMs = performance.now() + durationMs;
  const writer = async (_: unknown, at: number): Promise<void> => {
    const put = PutRequest.create({ key: Buffer.from(`k${at}`), value: Buffer.alloc(256) });
    const options = { metadata: { token } };
    while (performance.now() < untilMs) {
      const startedMs = performance.now();
      await succeeded(client.unary(KVDefinition, KVDefinition.methods.put, put, options));
      latencies.push(performance.now() - startedMs);
    }
  };
  await Promise.all(Array.from({ length: writers }, writer));
  return latencies;
}
