import { Agent, get } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { readFileSync } from 'node:fs';
import { eventually } from '@etcd-ts/testkit';
import { DiscoveryProcess } from './discovery-process.js';

const POLLS = 1000;
const TOKENS_PER_SECOND = 200;
const SECONDS = 5;
/** Of which garbage that is not collected yet is most: over minutes it stays below that as well. */
const MAX_GROWTH_MIB = 128;

let service: DiscoveryProcess;
beforeAll(async () => {
  service = await DiscoveryProcess.start('--new-per-minute', '0', '--requests-per-minute', '0');
});
afterAll(() => service.dispose());

const agent = new Agent({ keepAlive: true, maxSockets: 20 });

function fetchText(url: string, through?: Agent): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const options = through === undefined ? { agent: false as const } : { agent: through };
    const sent = get(url, options, (response: IncomingMessage) => {
      let text = '';
      response.on('data', (chunk: Buffer) => (text += chunk.toString()));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
      response.on('error', reject);
    });
    sent.on('error', reject);
  });
}

const metric = async (name: string): Promise<number> => {
  const { text } = await fetchText(`${service.origin}/metrics`, agent);
  return Number(new RegExp(`^${name} (.*)$`, 'mu').exec(text)?.[1]);
};

const newToken = async (): Promise<string> => {
  const { status, text } = await fetchText(`${service.origin}/new?size=1`, agent);
  if (status !== 200) throw new Error(`${status} ${text}`);
  return text;
};

/** New tokens at an even pace, whatever the answers take. */
async function makeTokens(count: number): Promise<readonly string[]> {
  const begun = performance.now();
  const made: Promise<string>[] = [];
  await eventually(`${count} requests are sent`, () => {
    const due = ((performance.now() - begun) / 1000) * TOKENS_PER_SECOND;
    while (made.length < Math.min(due, count)) made.push(newToken());
    return made.length === count ? true : undefined;
  });
  return Promise.all(made);
}

const residentMiB = (): number => {
  const pid = /"pid":(\d+)/u.exec(service.log)?.[1] ?? '';
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmRSS:\s+(\d+) kB/mu.exec(status)?.[1]) / 1024;
};

it(`${POLLS} members wait while ${TOKENS_PER_SECOND} tokens a second are made, and nothing grows`, async () => {
  const tokens = await makeTokens(50);
  const polls = Array.from({ length: POLLS }, (_, i) =>
    fetchText(`${tokens[i % tokens.length]}?recursive=true&wait=true&waitIndex=1`),
  );
  await eventually('all wait', async () =>
    (await metric('discovery_long_polls')) === POLLS ? true : undefined,
  );
  await makeTokens(TOKENS_PER_SECOND);
  const before = residentMiB();
  await makeTokens(TOKENS_PER_SECOND * SECONDS);
  expect(residentMiB() - before).toBeLessThan(MAX_GROWTH_MIB);
  expect(await metric('discovery_long_polls')).toBe(POLLS);

  await Promise.all(
    tokens.map((token, i) =>
      fetch(`${token}/ab`, {
        method: 'PUT',
        body: new URLSearchParams({ value: `m${i}=http://127.0.0.1:1` }),
      }),
    ),
  );
  const answers = await Promise.all(polls);
  for (const [i, { status, text }] of answers.entries()) {
    expect(status).toBe(200);
    expect(JSON.parse(text)).toMatchObject({
      action: 'create',
      node: { value: `m${i % tokens.length}=http://127.0.0.1:1` },
    });
  }
  expect(await metric('discovery_long_polls')).toBe(0);
});
