const { readFile } = require('node:fs/promises');

/** Where npm runs its commands. */
const NEWCOMER = 'coverage/newcomer.json';

/** For Jest's `--filter`: the suites but those that the newcomer's run has passed whole, without a skipped test. */
module.exports = async function stillToRun(paths) {
  const passed = new Set(wholeSuites(JSON.parse(await readFile(NEWCOMER, 'utf8'))));
  return { filtered: paths.filter((path) => !passed.has(path)) };
};

function wholeSuites({ testResults }) {
  return testResults
    .filter(({ status, assertionResults }) => status === 'passed' && assertionResults.every(isPassed))
    .map(({ name }) => name);
}

function isPassed({ status }) {
  return status === 'passed';
}
