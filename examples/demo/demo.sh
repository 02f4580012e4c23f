#!/usr/bin/env bash
# demo.sh <anochat program> - two people and a relay as real processes, on this machine's loopback. Everything that is
# claimed is checked, and the demo fails when a claim does not hold.
set -euo pipefail
readonly program=$(realpath "$1")
work=$(mktemp -d)
readonly work
relay_pid='' bob_pid='' broken=0

if [[ -t 1 && -z ${NO_COLOR:-} && ${TERM:-dumb} != dumb ]]; then
  readonly bold=$'\e[1m' dim=$'\e[2m' green=$'\e[32m' red=$'\e[31m' plain=$'\e[0m'
else
  readonly bold='' dim='' green='' red='' plain=''
fi

clean_up() {
  local each
  for each in $relay_pid $bob_pid; do end_at_once "$each" || true; done 2>/dev/null
  rm -rf "$work"
}
trap clean_up EXIT

# --- saying what happens ------------------------------------------------------------------------------------------

section() { printf '\n%s\n' "$bold$1$plain"; }
line() { printf '  %-14s%s\n' "$1" "$2"; }
command_line() { printf '  %s\n' "$dim\$ $1$plain"; }

# promise <label> <text> <command ...>: the command must succeed.
promise() {
  if "${@:3}"; then
    line "$1" "$2  ${green}ok$plain"
  else
    line "$1" "$2  ${red}BROKEN$plain"
    broken=$((broken + 1))
  fi
}

# --- the people ---------------------------------------------------------------------------------------------------

export HOME=$work XDG_DATA_HOME=$work/data XDG_CONFIG_HOME=$work/config
umask 077
printf 'a passphrase for the demo\n' >"$work/passphrase"

# as <profile> <command ...>: runs the program for one of the people, quietly; what it shows is in $shown.
as() {
  local status=0
  shown=$("$program" --profile "$1" --passphrase-file "$work/passphrase" "${@:2}" 2>"$work/errors") || status=$?
  [[ $status == 0 ]] || shown=$(<"$work/errors")
  return "$status"
}
must() {
  "$@" && return
  printf '%s\n' "${red}failed: ${*:2}$plain" "$shown" "$(tail -n 5 "$work/relay.log" 2>/dev/null)" >&2
  exit 1
}

# recv for people shows "name  date time  who: text"; this keeps "who: text".
texts() { sed -E 's/^[a-z0-9]+  [-0-9]+ [:0-9]+  //'; }
show_texts() { while IFS= read -r each; do line "$1" "$each"; done < <(texts <<<"$shown"); }
shows() { [[ $shown == *"$1"* ]]; }

# Until it is gone: a dying process still holds its files and its port.
end_at_once() {
  kill -9 "$1"
  { wait "$1" || true; } 2>/dev/null
}

wait_until() {  # <what> <command ...>
  local tries
  for ((tries = 0; tries < 600; ++tries)); do
    if "${@:2}"; then return; fi
    sleep 0.1
  done
  printf '%s\n' "${red}waited in vain for $1$plain" "$(tail -n 5 "$work/relay.log")" >&2
  exit 1
}

# --- the relay ----------------------------------------------------------------------------------------------------

# Below the ports that the system gives to outgoing connections, so that nobody takes it while the relay is away.
port=$((15000 + RANDOM % 15000))
serve() {
  : >"$work/relay.out"
  "$program" --json relay serve --listen "127.0.0.1:$port" --database "$work/relay.db" \
    >"$work/relay.out" 2>>"$work/relay.log" &
  relay_pid=$!
}
listens() {
  [[ -s $work/relay.out ]] && return
  if ! kill -0 "$relay_pid" 2>/dev/null; then  # the port is taken
    [[ -e $work/relay.db ]] || port=$((15000 + RANDOM % 15000))
    serve
  fi
  return 1
}
start_relay() {
  serve
  wait_until "the relay" listens
}
kill_relay() {
  end_at_once "$relay_pid"
  relay_pid=''
}

# --- bob, who listens all the time --------------------------------------------------------------------------------

start_bob() {
  "$program" --profile bob --passphrase-file "$work/passphrase" recv --follow >>"$work/bob.out" 2>/dev/null &
  bob_pid=$!
}
kill_bob() {
  end_at_once "$bob_pid"
  bob_pid=''
}
bob_has() { grep -q "$1" "$work/bob.out"; }
bob_has_once() { [[ $(grep -c "$1" "$work/bob.out") == 1 ]]; }

# --- what is shown ------------------------------------------------------------------------------------------------

accounts() {
  section "A relay and two accounts, as real processes"
  start_relay
  line relay "ws://127.0.0.1:$port, on a SQLite file"
  local each
  for each in Alice Bob; do
    must as "${each,,}" init --relay "ws://127.0.0.1:$port" --name "$each Liddell"
    must as "${each,,}" whoami
    line "$each is" "$shown"
  done
  must as alice invite --no-qr && must as bob add "$shown" rabbit-friend
  must as bob invite --no-qr && must as alice add "$shown" hatter-friend
}

safety_number() {
  section "The safety number"
  local on_alices on_bobs each
  must as alice verify hatter-friend && on_alices=$(grep -E '^[0-9 ]{23}$' <<<"$shown")
  must as bob verify rabbit-friend && on_bobs=$(grep -E '^[0-9 ]{23}$' <<<"$shown")
  while IFS= read -r each; do line "" "$each"; done <<<"$on_alices"
  promise "both screens" "show the same 60 digits" test "${#on_alices}" = 71 -a "$on_alices" = "$on_bobs"
}

conversation() {
  section "A conversation, while Bob's program and the relay are killed"
  start_bob
  must as alice send hatter-friend "the tea is ready"
  wait_until "the first message" bob_has "the tea is ready"
  line "alice to bob" "the tea is ready"
  kill_bob
  line "kill -9" "Bob's program"
  must as bob send rabbit-friend "I have moved one place on"
  must as alice recv --count 1 --timeout 60
  show_texts "alice reads"
  kill_relay
  line "kill -9" "the relay"
  if as alice send hatter-friend "no room for anybody" --timeout 0.3; then broken=$((broken + 1)); fi
  promise "alice" "the relay is away: her message is queued, and she is told so" shows queued
  start_relay
  line relay "is back, on the same database"
  must as alice send hatter-friend "have some marzipan"
}

offline_delivery() {
  section "Bob was away, and comes back"
  start_bob
  wait_until "what Bob has missed" bob_has marzipan
  texts <"$work/bob.out" | while IFS= read -r each; do line "bob reads" "$each"; done
  promise "each" "exactly once" eval 'bob_has_once "tea is ready" && bob_has_once "no room" && bob_has_once marzipan'
  kill_bob
}

search() {
  section "A search in Bob's encrypted store"
  command_line "anochat --profile bob search marzip"
  must as bob search marzip
  show_texts "found"
  promise "" "Bob's files do not have the word" not_in_files marzipan "$work/data/anochat/bob"
}

in_files() { grep -raqi -- "$1" "${@:2}"; }
not_in_files() { ! in_files "$@"; }

# An envelope says into which mailbox it goes. Who wrote it, and for whom, would have to be an account of the relay's.
readonly query='SELECT count(*), sum(instr(envelope, accounts.id) > 0)
    FROM envelopes, accounts WHERE envelope IS NOT NULL'
query_relay() {
  python3 -c 'import sqlite3, sys; print(*sqlite3.connect(sys.argv[1]).execute(sys.argv[2]).fetchone())' \
    "$work/relay.db" "$query"
}

blindness() {
  section "What the relay has learnt"
  must as alice send hatter-friend "the marzipan waits for you"  # Bob is away: it lies in the relay's database now
  local files=("$work/relay.db" "$work/relay.db-wal" "$work/relay.log")
  line "files" "$(cd "$work" && wc -c relay.db relay.db-wal relay.log |
    awk '$2 != "total" { printf "%s%s %d", sep, $2, $1; sep = ", " } END { print " bytes" }')"
  command_line "grep -aci WORD relay.db relay.db-wal relay.log"
  promise "to compare" "the same grep finds \"CREATE TABLE envelopes\"" in_files "CREATE TABLE envelopes" "${files[@]}"
  local word
  for word in marzipan "tea is ready" Alice Liddell rabbit-friend hatter-friend passphrase ano1; do
    promise "$word" "nowhere" not_in_files "$word" "${files[@]}"
  done
  kill_relay  # it has its database for itself
  command_line "sqlite3 relay.db \"$query\""
  local pairs named
  read -r pairs named < <(query_relay)
  promise "$pairs | $named" "$((pairs / 2)) envelope waits, there are 2 accounts, and it names neither" \
    test "$pairs" = 2 -a "$named" = 0
  start_relay
  must as bob recv --count 1 --timeout 60
  show_texts "bob reads"
}

printf '%s\n' "${bold}$("$program" --version)$plain: two people and a relay that knows nothing"
accounts
safety_number
conversation
offline_delivery
search
blindness
if ((broken > 0)); then
  printf '\n%s\n' "${red}$broken promises were broken$plain"
  exit 1
fi
