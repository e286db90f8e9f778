import { project, reporters } from '../../jest.all.config.js';

/** `npm run test:images`: the images that `.ci/docker up` made, in the engine that answers. */
export default {
  ...project('images', ['test/images']),
  reporters: reporters(),
  rootDir: '../..',
  forceExit: true,
  testTimeout: 300_000,
};
