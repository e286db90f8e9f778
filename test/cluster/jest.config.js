import { project, reporters } from '../../jest.all.config.js';

/** `npm run test:k8s`: the product in the cluster that KUBECONFIG names. */
export default { ...project('cluster', ['test/cluster']), rootDir: '../..', forceExit: true, reporters: reporters() };
