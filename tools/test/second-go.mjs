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
  const { testResults } = JSON.parse(readFileSync(resultsFile, 'utf8'));
  return testResults
    .filter(({ status }) => status === 'failed')
    .filter(({ assertionResults }) => {
      const failed = assertionResults.filter((each) => each.status === 'failed');
      return failed.length > 0 && failed.every((each) => onlyTime(each));
    })
    .map(({ name }) => name);
}

const onlyTime = ({ failureMessages }) =>
  failureMessages.length > 0 && failureMessages.every(ranOutOfTime);

/** The counts of the first run with those files' own replaced by what their second go brought. */
export function replaced(firstFile, secondFile) {
  const first = JSON.parse(readFileSync(firstFile, 'utf8'));
  const second = JSON.parse(readFileSync(secondFile, 'utf8'));
  const again = new Map(second.testResults.map((result) => [result.name, result]));
  const results = first.testResults.map((result) => again.get(result.name) ?? result);
  const count = (status) =>
    results.flatMap((each) => each.assertionResults).filter((each) => each.status === status)
      .length;
  const unloadable = results.filter(
    (each) =>
      each.status === 'failed' && each.assertionResults.every((test) => test.status !== 'failed'),
  ).length;
  return { passed: count('passed'), failed: count('failed') + unloadable };
}
