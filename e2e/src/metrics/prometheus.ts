import { spawn, type ChildProcess } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import {
  createScratchDirectory,
  eventually,
  freePort,
  removeScratchDirectory,
  workspaceRoot,
} from '@etcd-ts/testkit';

const READY_TIMEOUT_MS = 60_000;
const LAST_WORDS_BYTES = 4_000;

export const RULES = join(workspaceRoot(), 'docker', 'monitoring', 'etcd-alerts.yml');

/** The rules for a test that cannot wait: windows and patience of seconds, all else as it is. */
export function hurried(rules: string): string {
  return rules
    .replaceAll(/for: \d+[ms]/gu, 'for: 1s')
    .replaceAll('[15m:1m]', '[15s:1s]')
    .replaceAll(/\[\d+[mhs]\]/gu, '[6s]');
}

interface Rule {
  readonly name: string;
  readonly health: string;
  readonly lastError?: string;
  readonly alerts: readonly { readonly state: string }[];
}

/** A Prometheus with hurried rules that scrapes members twice a second. */
export class Prometheus {
  readonly #child: ChildProcess;
  readonly #directory: string;
  readonly #url: string;
  #log = '';

  static async start(targets: readonly string[]): Promise<Prometheus> {
    const directory = createScratchDirectory('prometheus');
    const port = await freePort();
    const prometheus = new Prometheus(directory, port, targets);
    await eventually('Prometheus is ready', () => prometheus.#isReady(), READY_TIMEOUT_MS).catch(
      async (error: unknown) => {
        const log = prometheus.#log.slice(-LAST_WORDS_BYTES);
        await prometheus.dispose();
        throw new Error(log, { cause: error });
      },
    );
    return prometheus;
  }

  private constructor(directory: string, port: number, targets: readonly string[]) {
    this.#directory = directory;
    this.#url = `http://127.0.0.1:${port}`;
    writeFileSync(join(directory, 'rules.yml'), hurried(readFileSync(RULES, 'utf8')));
    const config = join(directory, 'prometheus.yml');
    writeFileSync(
      config,
      [
        'global: { scrape_interval: 500ms, scrape_timeout: 400ms, evaluation_interval: 500ms }',
        'rule_files: [rules.yml]',
        'scrape_configs:',
        `  - { job_name: etcd, static_configs: [{ targets: ${JSON.stringify(targets)} }] }`,
      ].join('\n'),
    );
    this.#child = spawn(
      'prometheus',
      [
        ...[`--config.file=${config}`, `--storage.tsdb.path=${join(directory, 'data')}`],
        ...[`--web.listen-address=127.0.0.1:${port}`, '--log.level=warn'],
        // What is not scraped any more is forgotten as soon as a window is.
        '--query.lookback-delta=3s',
      ],
      { stdio: ['ignore', 'ignore', 'pipe'] },
    );
    this.#child.stderr?.on('data', (chunk: Buffer) => (this.#log += chunk.toString()));
  }

  async rules(): Promise<readonly Rule[]> {
    const { groups } = await this.#ask<{ groups: readonly { rules: readonly Rule[] }[] }>(
      '/api/v1/rules',
    );
    return groups.flatMap(({ rules }) => rules);
  }

  /** Names of the alerts that fire, sorted, each once. */
  async firing(): Promise<readonly string[]> {
    const rules = await this.rules();
    const firing = rules.filter(({ alerts }) => alerts.some(({ state }) => state === 'firing'));
    return [...new Set(firing.map(({ name }) => name))].sort();
  }

  /** How many series a query finds now. */
  async count(query: string): Promise<number> {
    const path = `/api/v1/query?query=${encodeURIComponent(query)}`;
    return (await this.#ask<{ result: readonly unknown[] }>(path)).result.length;
  }

  async dispose(): Promise<void> {
    const ended = new Promise((resolve) => this.#child.once('exit', resolve));
    if (this.#child.kill('SIGKILL')) await ended;
    removeScratchDirectory(this.#directory);
  }

  async #isReady(): Promise<true | undefined> {
    const response = await fetch(`${this.#url}/-/ready`).catch(() => undefined);
    return response?.ok === true ? true : undefined;
  }

  async #ask<Data>(path: string): Promise<Data> {
    const response = await fetch(`${this.#url}${path}`);
    const answer = (await response.json()) as { status: string; data: Data; error?: string };
    if (answer.status !== 'success') throw new Error(answer.error);
    return answer.data;
  }
}
