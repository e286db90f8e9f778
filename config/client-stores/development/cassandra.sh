#!/bin/bash
# Makes the schema and the account that reads clients, once Cassandra has its first account.
set -euo pipefail
ask=(cqlsh cassandra --username cassandra --password cassandra)
until "${ask[@]}" --file /schema/cassandra.cql; do sleep 2; done
password=$(cat /run/secrets/client-store-password)
"${ask[@]}" --execute "CREATE ROLE IF NOT EXISTS mandate WITH PASSWORD = '$password' AND LOGIN = true;
  GRANT SELECT ON mandate.clients TO mandate;"
