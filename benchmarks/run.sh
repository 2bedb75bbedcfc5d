#!/usr/bin/env bash
# Runs benchmarks beside their peers, in turn, and writes results/NAME.json, .md, .png and .svg.
#
#   run.sh [gemm|elementwise|steps|stack|all] [-rounds N] [-threads 1,2] [-only CASES] [-torch DIR] [-mnist DIR]
#
# The program of openblas.c is built and run in the root directory of PyTorch's side, TORCH_ROOT, unless OPENBLAS is a
# command that runs it. docs/benchmarks.md says what is compared. The folder of PyTorch's side is taken from -torch or TORCH_BENCH, that of
# the MNIST files from -mnist or MNIST_DIR; by default both are in ../shared beside the repository.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

what=all
case ${1:-} in
gemm | elementwise | steps | stack | all)
	what=$1
	shift
	;;
-* | "") ;;
*)
	echo "run.sh: there is no benchmark \"$1\"; there are gemm, elementwise, steps, stack and all" >&2
	exit 2
	;;
esac
[ "$what" != all ] || what="gemm elementwise steps stack"

export CGO_ENABLED=0
mkdir -p bin
go build -o bin/ ./steps ./elementwise ./gemm ./compare
go build -C .. -o benchmarks/bin/strata ./cmd/strata

case $what in *gemm*)
	if [ -z "${OPENBLAS:-}" ]; then
		root=${TORCH_ROOT:?"names the root of a system with gcc and OpenBLAS, whose side is built there; or OPENBLAS names a command that is it"}
		side=$(chroot "$root" mktemp)
		trap 'rm -f "$root$side"' EXIT
		chroot "$root" gcc -O2 -march=native -x c -o "$side" - -x none -l:libopenblas.so.0 <openblas.c || {
			echo "run.sh: OpenBLAS's side cannot be built in TORCH_ROOT, $root; OPENBLAS names a command instead" >&2
			exit 1
		}
		chroot "$root" chmod +x "$side"
		OPENBLAS="chroot $root $side"
	fi
	;;
esac

for kind in $what; do
	echo "== $kind" >&2
	bin/compare -bin bin -scripts . -out results -torch "${TORCH_BENCH:-../../shared/bench/torch}" \
		-mnist "${MNIST_DIR:-../../shared/data/mnist}" -openblas "${OPENBLAS:-}" "$@" "$kind"
done
