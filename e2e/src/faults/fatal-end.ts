import type { EtcdProcess } from '@etcd-ts/testkit';

/** The node's fatal log line, parsed. */
export function fatalLine(node: EtcdProcess): Readonly<Record<string, unknown>> | undefined {
  for (const line of node.log.split('\n')) {
    if (!line.startsWith('{') || !line.includes('"fatal"')) continue;
    return JSON.parse(line) as Record<string, unknown>;
  }
  return undefined;
}

/** The node ends by itself with exit code 1, and a fatal log line says why in these words. */
export async function expectFatalEnd(node: EtcdProcess, words: string | RegExp): Promise<void> {
  const { code, signal } = await node.exit();
  expect({ code, signal, log: code === 1 ? '' : node.log.slice(-3000) }).toEqual({
    code: 1,
    signal: null,
    log: '',
  });
  expect(JSON.stringify(fatalLine(node) ?? node.log.slice(-3000))).toMatch(words);
}
