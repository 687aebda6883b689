module.exports = {
  ...require('../../jest.preset.cjs'),
  displayName: 'fuzzing',
  rootDir: __dirname,
};
