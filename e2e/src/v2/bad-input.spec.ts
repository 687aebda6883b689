import { readFileSync, readdirSync } from 'node:fs';
import { Agent } from 'node:http';
import type { Socket } from 'node:net';

import { EtcdProcess, eventually } from '@etcd-ts/testkit';

import { comparable } from './comparable.js';
import { ask } from './http-request.js';
import { askRaw, send } from './raw-request.js';

let ours: EtcdProcess;
let reference: EtcdProcess;
beforeAll(async () => {
  [ours, reference] = await Promise.all([
    EtcdProcess.start({ flavour: 'ours' }),
    EtcdProcess.start({ flavour: 'reference', flags: ['--enable-v2'] }),
  ]);
});
afterAll(async () => {
  await ours.dispose();
  await reference.dispose();
});

const FORM = 'Content-Type: application/x-www-form-urlencoded\r\n';

/** The last request of its connection, so that both servers end it. */
function written(first: string, headers = '', body = ''): string {
  const length = body === '' ? '' : `Content-Length: ${body.length}\r\n`;
  return `${first} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n${headers}${length}\r\n${body}`;
}

const put = (target: string, body: string): string => written(`PUT /v2/keys${target}`, FORM, body);
const get = (target: string): string => written(`GET /v2/keys${target}`);
const chunked = (body: string): string =>
  written('PUT /v2/keys/c', `${FORM}Transfer-Encoding: chunked\r\n`) + body;

/** In this order: an index of one answer depends on the changes before it. */
const ANSWERED_ALIKE: Readonly<Record<string, string>> = {
  'a parameter twice in the query and twice in the body': put(
    '/d?value=q1&value=q2',
    'value=1&value=2&ttl=5000&ttl=x',
  ),
  'the same parameter in the body and in the query': put('/d?value=q&ttl=x', 'value=b&ttl=5000'),
  'a flag twice, the second time malformed': get('/d?recursive=true&recursive=x'),
  'an escape that is none, in the body': put('/d', 'value=%zz'),
  'escapes that are none, in body and query': put('/d?a=%q1', 'value=%zz'),
  'an escape cut short': put('/d', 'value=%4'),
  'a value that is no UTF-8': put('/u', 'value=\xff\xfe%80'),
  'a key that is no UTF-8': put('/u%ff%fe', 'value=1'),
  'a key with a zero byte': put('/a%00b', 'value=1'),
  'a negative time to live': put('/t', 'value=1&ttl=-1'),
  'a time to live beyond 64 bits': put('/t', 'value=1&ttl=99999999999999999999999'),
  'a negative index to wait for': get('/t?wait=true&waitIndex=-5'),
  'an index to wait for beyond 64 bits': get('/t?wait=true&waitIndex=18446744073709551616'),
  'a negative index to compare with': put('/t?prevIndex=-1', 'value=1'),
  'the largest index to compare with': put('/t?prevIndex=18446744073709551615', 'value=1'),
  'a method that the keys do not have': written('PATCH /v2/keys/d'),
  'a method of no use here': written('TRACE /v2/keys/d'),
  'a page that is none': written('GET /v2/unknown'),
  'a path out of the keys': get('/../../etc'),
  'a body in chunks': chunked('7\r\nvalue=1\r\n0\r\n\r\n'),
  'a form without a length': written('PUT /v2/keys/c', FORM),
  'a body without a type': written('PUT /v2/keys/c', '', 'value=1'),
  'a body of another type': written(
    'PUT /v2/keys/c',
    'Content-Type: application/json\r\n',
    '{"value":"1"}',
  ),
  'a body that is no form by its type': written(
    'PUT /v2/keys/c',
    'Content-Type: ;;\r\n',
    'value=1',
  ),
  'two lengths': written('PUT /v2/keys/c', `${FORM}Content-Length: 3\r\nContent-Length: 7\r\n`),
  'a negative length': written('PUT /v2/keys/c', `${FORM}Content-Length: -1\r\n`),
  'a header that is none': written('GET /v2/keys/d', 'foo bar\r\n'),
  'a body with a request to read': written('GET /v2/keys/d', FORM, 'recursive=x'),
  'a body with a request to delete': written('DELETE /v2/keys/none', FORM, 'dir=x'),
  'a directory deeper than others': put(`${'/x'.repeat(1000)}`, 'value=1'),
  'all of it': get('/?recursive=true&sorted=true'),
  'the end of it': written('DELETE /v2/keys/x?recursive=true'),
};

it.each(Object.entries(ANSWERED_ALIKE))('%s: answered as by the original', async (_, bytes) => {
  const [answer, wanted] = await Promise.all([
    askRaw(ours.endpoint, bytes),
    askRaw(reference.endpoint, bytes),
  ]);
  expect(comparable(answer, true)).toEqual(comparable(wanted, true));
});

const MEBIBYTE = 1024 * 1024;
/** Where the original answers otherwise or not at all; differences.md says why. */
const OUR_OWN: readonly (readonly [name: string, bytes: string, status: number, text: string])[] = [
  ['a value too large', put('/big', `value=${'x'.repeat(1.6 * MEBIBYTE)}`), 500, 'too large'],
  ['a form too large', put('/big', `value=${'x'.repeat(10 * MEBIBYTE)}`), 400, 'POST too large'],
  ['too many fields', put('/p', 'a=1&'.repeat(2000)), 400, 'too many form fields'],
  ['a target too long', get(`/${'y'.repeat(20_000)}`), 431, 'Too Large'],
  ['a method of nobody', written('FOO /v2/keys/d'), 400, 'Bad Request'],
  ['a chunk without a length', chunked('zz\r\nvalue=1\r\n0\r\n\r\n'), 400, 'Bad Request'],
];

it.each(OUR_OWN)('%s: refused, and nothing is kept', async (_, bytes, status, text) => {
  const answer = await askRaw(ours.endpoint, bytes);
  expect([answer.status, answer.body]).toEqual([status, expect.stringContaining(text)]);
  expect((await askRaw(ours.endpoint, get('/big'))).status).toBe(404);
});

it('a directory of 3000 levels is made, listed and removed', async () => {
  const path = `/deep${'/x'.repeat(3000)}`;
  expect((await askRaw(ours.endpoint, put(path, 'value=1'))).status).toBe(201);
  const listing = await askRaw(ours.endpoint, get('/deep?recursive=true'));
  expect(listing.body.match(/"key"/gu)).toHaveLength(3001);
  const removal = written('DELETE /v2/keys/deep?recursive=true');
  expect((await askRaw(ours.endpoint, removal)).status).toBe(200);
});

const POLLS = 3000;
const HALF_SENT = 300;
const PUTS = 100;
/** A poll is a socket and a response: some 20 kB, with room for what the collector has not seen. */
const POLL_KIB = 60;
/** As many ticks of the clock that counts processor time as noise may add. */
const CPU_NOISE_TICKS = 30;

it('3000 idle polls and 300 half-sent requests cost memory that comes back, and v3 nothing', async () => {
  const agent = new Agent({ keepAlive: true });
  await cpuTicksOfPuts(agent);
  const undisturbed = await cpuTicksOfPuts(agent);
  const before = { kib: residentKib(), files: openFiles() };

  const first = await strangers();
  const peakKib = residentKib();
  expect(peakKib - before.kib).toBeLessThan((POLLS + HALF_SENT) * POLL_KIB);
  // Work per put that grew with the number of those who wait would be hundreds of times as much.
  expect(await cpuTicksOfPuts(agent)).toBeLessThan(3 * undisturbed + CPU_NOISE_TICKS);
  expect(await watchers()).toBe(POLLS);
  await gone(first, before.files);

  // The same once more finds the memory of the first time again, or takes it.
  await gone(await strangers(), before.files);
  expect(residentKib()).toBeLessThan(peakKib + (POLLS * POLL_KIB) / 3);
  agent.destroy();
});

/** Clients that wait for what does not come, and such as never finish what they ask. */
async function strangers(): Promise<Socket[]> {
  const poll = 'GET /v2/keys/idle?wait=true HTTP/1.1\r\nHost: x\r\n\r\n';
  const halves = [
    'PUT /v2/keys/half HTTP/1.1\r\nHost: x\r\n',
    `PUT /v2/keys/half HTTP/1.1\r\nHost: x\r\n${FORM}Content-Length: 100\r\n\r\nvalue=`,
    `PUT /v2/keys/half HTTP/1.1\r\nHost: x\r\n${FORM}Transfer-Encoding: chunked\r\n\r\n7\r\nval`,
  ];
  const requests = [
    ...Array.from({ length: POLLS }, () => poll),
    ...Array.from({ length: HALF_SENT }, (_, i) => halves[i % halves.length] ?? ''),
  ];
  const sockets: Socket[] = [];
  // A hundred at a time, fewer than the queue of connections that nobody has accepted yet.
  for (let at = 0; at < requests.length; at += 100) {
    const batch = requests.slice(at, at + 100).map((bytes) => send(ours.endpoint, bytes));
    sockets.push(...(await Promise.all(batch)));
  }
  await eventually('all wait', async () => ((await watchers()) === POLLS ? true : undefined));
  return sockets;
}

async function gone(sockets: readonly Socket[], files: number): Promise<void> {
  for (const socket of sockets) socket.destroy();
  await eventually('all are gone', async () =>
    (await watchers()) === 0 && openFiles() < files + 50 ? true : undefined,
  );
}

async function watchers(): Promise<number> {
  const request = { method: 'GET', target: '/v2/stats/store', headers: {}, body: '' };
  const { body } = await ask(ours.endpoint, request, false);
  return (JSON.parse(body) as { watchers: number }).watchers;
}

/** The node's processor time for puts of v3, one after the other. */
async function cpuTicksOfPuts(agent: Agent): Promise<number> {
  const body = JSON.stringify({ key: 'aw==', value: 'dg==' });
  const request = { method: 'POST', target: '/v3/kv/put', headers: {}, body };
  const before = cpuTicks();
  for (let i = 0; i < PUTS; i++) {
    expect((await ask(ours.endpoint, request, agent)).status).toBe(200);
  }
  return cpuTicks() - before;
}

function cpuTicks(): number {
  const fields = readFileSync(`/proc/${ours.pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return Number(fields[11]) + Number(fields[12]);
}

function residentKib(): number {
  const status = readFileSync(`/proc/${ours.pid}/status`, 'utf8');
  return Number(/^VmRSS:\s+(\d+) kB$/mu.exec(status)?.[1]);
}

function openFiles(): number {
  return readdirSync(`/proc/${ours.pid}/fd`).length;
}
