export { clientStoreContract } from './contracts/client-store.js';
export { policyBackendContract, type PolicyBackendUnderContract, policyQuestion } from './contracts/policy-backend.js';
export { kubectlProgram } from './real-parts/kubectl.js';
export { kubernetesApi } from './real-parts/kubernetes.js';
export { redisServer } from './real-parts/redis-server.js';
export {
  type RealPart,
  type RealPartWay,
  type RunningPart,
  type StartedPart,
  startRealPart,
} from './real-parts/start-real-part.js';
