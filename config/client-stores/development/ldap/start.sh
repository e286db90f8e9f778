#!/bin/sh
# Makes a directory where there is none, in memory, and serves it. Its accounts: cn=operator, which may write, and
# cn=mandate, which may read clients.
set -eu
data=/data
PATH=$PATH:/usr/sbin
if [ ! -d $data/config ]; then
  mkdir $data/config $data/entries
  operator=$(slappasswd -s "$(cat /run/secrets/client-store-operator-password)")
  reader=$(slappasswd -s "$(cat /run/secrets/client-store-password)")
  sed "s|@OPERATOR@|$operator|" /directory/config.ldif | slapadd -n 0 -F $data/config
  sed "s|@READER@|$reader|" /directory/entries.ldif | slapadd -n 1 -F $data/config
fi
exec slapd -F $data/config -h ldap://0.0.0.0:1389 -d 0
