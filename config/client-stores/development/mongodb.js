// Run once by the image of MongoDB in the database `mandate`: the account that reads clients, and the index of ids.
/* global db, require */
const password = require('fs').readFileSync('/run/secrets/client-store-password', 'utf8').trim();
db.createUser({ user: 'mandate', pwd: password, roles: [{ role: 'read', db: 'mandate' }] });
db.clients.createIndex({ clientId: 1 }, { unique: true });
