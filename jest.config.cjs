// All projects in one run: `npx jest` from the root; `npx jest -c libs/NAME/jest.config.cjs` for one.
const { existsSync, readdirSync } = require('node:fs');

const projects = [];
for (const group of ['libs', 'apps', 'tools', '.']) {
  for (const name of group === '.' ? ['e2e'] : readdirSync(group)) {
    const config = `<rootDir>/${group}/${name}/jest.config.cjs`;
    if (existsSync(config.replace('<rootDir>', __dirname))) projects.push(config);
  }
}
// Jest takes the time limit from here only; a project's own counts when it is run by itself.
module.exports = { projects, testTimeout: require('./jest.preset.cjs').testTimeout };
