module.exports = { ...require('../../jest.preset.cjs'), displayName: 'raft', rootDir: __dirname };
