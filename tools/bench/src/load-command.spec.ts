import { parseH2load, parseH2loadLog, parseWrk } from './load-command.js';

const REPORT = `
finished in 1.04s, 19200.23 req/s, 1.35MB/s
requests: 20000 total, 20000 started, 20000 done, 19998 succeeded, 2 failed, 0 errored, 0 timeout
status codes: 19998 2xx, 0 3xx, 0 4xx, 0 5xx
traffic: 1.41MB (1476234) total, 320.51KB (328202) headers (space savings 88.00%), 648.44KB (664001) data
                     min         max         mean         sd        +/- sd
time for request:     1.02ms     45.70ms      9.89ms      4.22ms    76.43%
`;

describe("h2load's report", () => {
  it('gives counts, bytes of bodies and the duration in seconds', () => {
    expect(parseH2load(REPORT)).toEqual({
      requests: 20000,
      answered: 19998,
      seconds: 1.04,
      bytes: 664001,
    });
    expect(parseH2load(REPORT.replace('1.04s', '804.12ms')).seconds).toBeCloseTo(0.80412);
  });

  it('that lacks a number is an error, not a zero', () => {
    expect(() => parseH2load('finished in 1s')).toThrow(/not in h2load's report/);
  });
});

it("reads how long each answer took from h2load's log", () => {
  const log = '1769000000000100\t200\t1042\n1769000000000200\t200\t950\n';
  expect(parseH2loadLog(Buffer.from(log))).toEqual([1.042, 0.95]);
});

it('reads the report of wrk, and takes refusals for no answers', () => {
  const report = '  840 requests in 2.03s, 470.27KB read\n  Non-2xx or 3xx responses: 40\n';
  expect(parseWrk(report)).toEqual({
    requests: 840,
    answered: 800,
    seconds: 2.03,
    bytes: 470.27 * 1024,
  });
  expect(() => parseWrk('unable to connect')).toThrow('no figures');
});
