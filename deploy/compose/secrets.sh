#!/bin/sh
# Makes the secrets of docker-compose.yml that are missing, with random values; those that are there stay as they are.
# Usage: secrets.sh [FOLDER]
#
# The folder is for its owner only. The files in it can be read by everybody who gets through the folder: compose mounts each into
# its containers as it is, and their users have other numbers than the folder's owner.
set -eu
umask 077
folder=${1:-${LOANSTREAM_SECRETS:-$(dirname "$0")/secrets}}
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
secret database-url "postgresql://loanstream:$(cat "$folder/postgres-password")@postgres/loanstream"
secret initial-password "$(random)"
secret metrics-token "$(random)"
secret grafana-password "$(random)"
