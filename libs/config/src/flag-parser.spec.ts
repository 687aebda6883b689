import { USAGE } from './help-text.js';
import { flags } from './testing/parsing.js';

describe('a command line that Go would not parse', () => {
  test.each([
    [['-bogus'], 'flag provided but not defined: -bogus'],
    [['--bogus=1'], 'flag provided but not defined: -bogus'],
    [['--debug'], 'flag provided but not defined: -debug'],
    [['---x'], 'bad flag syntax: ---x'],
    [['--=x'], 'bad flag syntax: --=x'],
    [['-=x'], 'bad flag syntax: -=x'],
    [['--name'], 'flag needs an argument: -name'],
    [['--config-file'], 'flag needs an argument: -config-file'],
    [['--heartbeat-interval=abc'], 'invalid value "abc" for flag -heartbeat-interval: parse error'],
    [['--heartbeat-interval=-5'], 'invalid value "-5" for flag -heartbeat-interval: parse error'],
    [['--heartbeat-interval=1.5'], 'invalid value "1.5" for flag -heartbeat-interval: parse error'],
    [
      ['--heartbeat-interval=99999999999999999999'],
      'invalid value "99999999999999999999" for flag -heartbeat-interval: value out of range',
    ],
    [['--pre-vote=maybe'], 'invalid boolean value "maybe" for -pre-vote: parse error'],
    [['--pre-vote='], 'invalid boolean value "" for -pre-vote: parse error'],
    [['--version=x'], 'invalid boolean value "x" for -version: parse error'],
    [
      ['--grpc-keepalive-min-time=5'],
      'invalid value "5" for flag -grpc-keepalive-min-time: parse error',
    ],
    [
      ['--max-concurrent-streams=-1'],
      'invalid value "-1" for flag -max-concurrent-streams: strconv.ParseUint: parsing "-1": invalid syntax',
    ],
    [
      ['--max-concurrent-streams=4294967296'],
      'invalid value "4294967296" for flag -max-concurrent-streams: strconv.ParseUint: parsing "4294967296": value out of range',
    ],
    [
      ['--initial-cluster-state=foo'],
      'invalid value "foo" for flag -initial-cluster-state: invalid value',
    ],
    [
      ['--feature-gates=Foo=true'],
      'invalid value "Foo=true" for flag -feature-gates: unrecognized feature gate: Foo',
    ],
    [
      ['--feature-gates=AllAlpha'],
      'invalid value "AllAlpha" for flag -feature-gates: missing bool value for AllAlpha',
    ],
    [
      ['--feature-gates=AllAlpha=x'],
      'invalid value "AllAlpha=x" for flag -feature-gates: invalid value of AllAlpha=x, err: strconv.ParseBool: parsing "x": invalid syntax',
    ],
    [
      ['--listen-peer-urls=foo'],
      'invalid value "foo" for flag -listen-peer-urls: URL scheme must be http, https, unix, or unixs: foo',
    ],
  ])('%j: %s, with usage and exit code 2', (argv, message) => {
    const stderr = `${message}\n${USAGE}`;
    expect(flags(...argv)).toEqual({ kind: 'error', message, stderr, notices: [], exitCode: 2 });
  });
});
