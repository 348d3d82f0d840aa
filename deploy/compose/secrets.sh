#!/bin/sh
# Makes the secrets of docker-compose.yml that are missing, with random values; those that are there stay as they are.
# Usage: secrets.sh [FOLDER]
#
# Without FOLDER it is LOANSTREAM_SECRETS, of the environment or of the file .env beside docker-compose.yml, and where neither says
# so deploy/compose/secrets, which is then written into .env: compose takes it from there.
#
# The folder is for its owner only. The files in it can be read by everybody who gets through the folder: compose mounts each into
# its containers as it is, and their users have other numbers than the folder's owner.
set -eu
umask 077
root=$(cd "$(dirname "$0")/../.." && pwd)
folder=${1:-${LOANSTREAM_SECRETS:-}}
if [ -z "$folder" ]; then
  if ! grep -qs '^LOANSTREAM_SECRETS=.' "$root/.env"; then
    echo 'LOANSTREAM_SECRETS=./deploy/compose/secrets' >>"$root/.env"
  fi
  cd "$root"
  folder=$(sed -n 's/^LOANSTREAM_SECRETS=//p' .env | tail -n 1)
fi
mkdir -p "$folder"
chmod 700 "$folder"

random() {
  od -An -v -N24 -tx1 /dev/urandom | tr -d ' \n'
}

secret() { # name, value
  if [ ! -s "$folder/$1" ]; then
    printf '%s\n' "$2" >"$folder/.new"
    chmod 444 "$folder/.new"
    mv "$folder/.new" "$folder/$1"
    echo "made $folder/$1"
  fi
}

secret postgres-password "$(random)"
secret database-password "$(random)"
secret database-url "postgresql://loanstream:$(cat "$folder/database-password")@postgres/loanstream"
secret installation "$(random)"
secret initial-password "$(random)"
secret metrics-token "$(random)"
secret grafana-password "$(random)"
