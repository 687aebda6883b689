import { defaultInterface } from './default-host.js';

const HEADER = 'Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\tWindow\tIRTT';
const LOCAL = 'eth0\t000011AC\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0';
const route = (name: string, metric: number): string =>
  `${name}\t00000000\t010011AC\t0003\t0\t0\t${metric}\t00000000\t0\t0\t0`;

test('the default route with the lowest metric decides', () => {
  const routes = [HEADER, LOCAL, route('wlan0', 600), route('eth1', 100), ''].join('\n');
  expect(defaultInterface(routes)).toBe('eth1');
});

test('without a default route there is no default interface', () => {
  expect(defaultInterface([HEADER, LOCAL, ''].join('\n'))).toBeUndefined();
  expect(defaultInterface('')).toBeUndefined();
});
