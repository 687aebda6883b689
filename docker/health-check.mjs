// node health-check.mjs [URL]
// Exits with 0 when the URL (or HEALTH_URL) answers with a 2xx status within a few seconds.
const TIMEOUT_MS = 5000;

const url = process.argv[2] ?? process.env.HEALTH_URL ?? '';
try {
  const { ok, status } = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS) });
  if (!ok) process.stderr.write(`${url}: ${status}\n`);
  process.exitCode = ok ? 0 : 1;
} catch (error) {
  process.stderr.write(`${url}: ${error.cause?.message ?? error.message}\n`);
  process.exitCode = 1;
}
