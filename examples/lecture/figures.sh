#!/usr/bin/env bash
# Runs the commands of docs/lecture.md, in their order, and so draws its figures anew; the runs stay in runs/lecture.
# usage: examples/lecture/figures.sh
#
# The commands that mention $WORDS are left out unless it names the directory that holds wnut17, glove-6b-100d and
# sentiment-sentences.
set -euo pipefail
cd "$(dirname "$0")/../.."

bin=$(mktemp -d)
trap 'rm -rf "$bin"' EXIT
go build -o "$bin/strata" ./cmd/strata
export PATH="$bin:$PATH"
rm -rf runs/lecture

block=""
while IFS= read -r line; do
	case $line in
	'```sh') block=$'\n' ;;
	'```')
		if [[ $block == *'$WORDS'* && -z ${WORDS:-} ]]; then
			echo "left out, WORDS is not set:$block" >&2
		elif [[ -n $block ]]; then
			echo "$block" >&2
			bash -euo pipefail -c "$block" </dev/null
		fi
		block=""
		;;
	*) [[ -z $block ]] || block+="$line"$'\n' ;;
	esac
done <docs/lecture.md
