export { DEVELOPMENT_DECISION_PATH } from './backchannel/devices/development-endpoint.js';
export { parsePeople, peopleFileSchema } from './backchannel/people.js';
export { compose } from './compose.js';
export { authenticationConfig } from './config.js';
