export { parsePeople, peopleFileSchema } from './backchannel/people.js';
export { compose } from './compose.js';
export { authenticationConfig } from './config.js';
