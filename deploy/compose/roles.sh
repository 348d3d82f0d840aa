#!/bin/sh
# Run by the image of PostgreSQL on an empty volume: the role that the services sign in as. It owns its database, and rules nothing
# else: no superuser, no other databases, no other roles. The password goes through standard input, not into a list of processes.
set -eu
psql --quiet --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname postgres <<SQL
CREATE ROLE loanstream LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION
  PASSWORD '$(cat /run/secrets/database-password)';
CREATE DATABASE loanstream OWNER loanstream;
REVOKE CONNECT, TEMPORARY ON DATABASE loanstream FROM PUBLIC;
REVOKE CONNECT ON DATABASE postgres FROM PUBLIC;
SQL
