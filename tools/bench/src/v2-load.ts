import { writeFileSync } from 'node:fs';

import { runWrk, type Load } from './load-command.js';
import type { Subject } from './subject.js';

const CONNECTIONS = 64;
const VALUE_BYTES = 256;
const KEY = '/v2/keys/bench/hot-key';

/** One key over HTTP/1.1, put or read again and again by wrk. */
export async function runV2Load(
  subject: Subject,
  method: 'PUT' | 'GET',
  seconds: number,
): Promise<Load> {
  const script = subject.file(`v2-${method}.lua`);
  const body =
    method === 'GET'
      ? ''
      : `wrk.body = "value=${'v'.repeat(VALUE_BYTES)}"\n` +
        'wrk.headers["Content-Type"] = "application/x-www-form-urlencoded"\n';
  writeFileSync(script, `wrk.method = "${method}"\n${body}`);
  const url = `http://${subject.endpoint}${KEY}`;
  return runWrk({ url, script, connections: CONNECTIONS, seconds });
}
