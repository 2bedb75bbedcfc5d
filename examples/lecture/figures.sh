#!/usr/bin/env bash
# Runs the commands of docs/lecture.md, in their order, and so draws its figures anew; the runs stay in runs/lecture.
# usage: examples/lecture/figures.sh [HEADING]
#
# With HEADING, such as Words, it runs those under headings of the page that begin with it.
#
# The commands that mention $WORDS need data that you bring: it names, as an absolute path, the directory that holds
# wnut17, glove-6b-100d and sentiment-sentences. Where it is not set, words in this repository and ../shared/data are
# looked into; where there is none, those commands are left out.
set -euo pipefail
cd "$(dirname "$0")/../.."
wanted=${1:-}

for dir in words ../shared/data; do
	if [[ -z ${WORDS:-} && -d $dir/wnut17 ]]; then
		WORDS=$(cd "$dir" && pwd)
	fi
done
export WORDS=${WORDS:-}

bin=$(mktemp -d)
trap 'rm -rf "$bin"' EXIT
go build -o "$bin/strata" ./cmd/strata
export PATH="$bin:$PATH"
rm -rf runs/lecture

block="" heading="" found=""
while IFS= read -r line; do
	case $line in
	'## '*) heading=${line#'## '} ;;
	'```sh') [[ $heading != "$wanted"* ]] || { block=$'\n' found=yes; } ;;
	'```')
		if [[ $block == *'$WORDS'* && -z $WORDS ]]; then
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
[[ -n $found ]] || {
	echo "$0: docs/lecture.md has no commands under a heading that begins with '$wanted'" >&2
	exit 1
}
