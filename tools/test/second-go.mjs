// Which spec files deserve a second go, alone: those in which nothing was wrong but the time. What
// runs beside others on a slow machine may miss a deadline of its own (an election, a request, a
// wait) without any answer being wrong. A wrong answer, a lost write, a broken invariant gets no
// second go: it is a failure however seldom it happens.
import { readFileSync } from 'node:fs';

/** What waits and requests say when they give up. */
const OUT_OF_TIME = [
  /Exceeded timeout of \d+ ms/u,
  /not within \d+ ?ms/u,
  /waited in vain until/u,
  /did not come about/u,
  /request timed out/u,
  /context deadline exceeded/iu,
  /DEADLINE_EXCEEDED/u,
];

const ranOutOfTime = (message) => OUT_OF_TIME.some((pattern) => pattern.test(message));

/** Of Jest's results, as `--json` writes them: the paths of the files that only ran out of time. */
export function filesOutOfTime(resultsFile) {
  return resultsOf(resultsFile)
    .filter(({ status }) => status === 'failed')
    .filter(({ assertionResults }) => {
      const failed = assertionResults.filter((each) => each.status === 'failed');
      return failed.length > 0 && failed.every((each) => onlyTime(each));
    })
    .map(({ name }) => name);
}

const onlyTime = ({ failureMessages }) =>
  failureMessages.length > 0 && failureMessages.every(ranOutOfTime);

/**
 * How many tests passed and failed, by Jest's results of one run and, where there was one, of the second
 * go of some of its files, which replaces what they brought first.
 */
export function counts(firstFile, secondFile) {
  const again = new Map(
    (secondFile === undefined ? [] : resultsOf(secondFile)).map((each) => [each.name, each]),
  );
  const results = resultsOf(firstFile).map((each) => again.get(each.name) ?? each);
  const tests = results.flatMap(({ assertionResults }) => assertionResults);
  const count = (status) => tests.filter((test) => test.status === status).length;
  // A suite that does not even load has no failed test, and still it failed.
  const unloadable = results.filter(
    ({ status, assertionResults }) =>
      status === 'failed' && assertionResults.every((test) => test.status !== 'failed'),
  ).length;
  return { passed: count('passed'), failed: count('failed') + unloadable };
}

const resultsOf = (file) => JSON.parse(readFileSync(file, 'utf8')).testResults;
