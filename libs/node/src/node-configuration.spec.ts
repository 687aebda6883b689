import { nodeConfiguration } from './node-configuration.js';

describe('the options of an embedded node', () => {
  it('are etcd’s flags, by name, with etcd’s defaults', () => {
    const config = nodeConfiguration({
      'data-dir': '/var/lib/one',
      'heartbeat-interval': 50,
      'enable-v2': false,
    });
    expect(config.dataDir).toBe('/var/lib/one');
    expect(config.heartbeatIntervalMs).toBe(50);
    expect(config.enableV2).toBe(false);
    expect(config.electionTimeoutMs).toBe(1000);
  });

  it('take nothing from the environment', () => {
    process.env['ETCD_NAME'] = 'of somebody else';
    try {
      expect(nodeConfiguration({}).name).toBe('default');
    } finally {
      delete process.env['ETCD_NAME'];
    }
  });

  it.each([
    [{ nope: 1 }, /nope/u],
    [{ 'heartbeat-interval': 'soon' }, /soon/u],
    [{ help: true }, /--help is no option/u],
    [{ 'election-timeout': 1 }, /election/u],
  ])('that are wrong are refused: %j', (options, message) => {
    expect(() => nodeConfiguration(options)).toThrow(message);
  });
});
