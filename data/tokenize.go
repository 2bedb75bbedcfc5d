package data

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// contractions are the endings that are words of their own after a letter, as in the Penn Treebank and in the vectors of
// GloVe: do n't, it 's.
var contractions = []string{"n't", "'s", "'m", "'d", "'re", "'ve", "'ll"}

// Tokenize splits a text into words. White space separates them. Within what it leaves, each run of letters, marks and
// digits is a word, with single '.', ',', '-', '_', ':' or '/' between two digits and '-' between two letters being part
// of it; the endings n't, 's, 'm, 'd, 're, 've and 'll are words; and every other character is one. It appends to dst.
func Tokenize(text string, dst []string) []string {
	text = strings.ReplaceAll(strings.ToValidUTF8(text, "\uFFFD"), "’", "'")
	for chunk := range strings.FieldsSeq(text) {
		for chunk != "" {
			n := max(contractionLength(chunk), wordLength(chunk))
			word, rest := chunk[:n], chunk[n:]
			if cut := contractionAt(word, rest); cut > 0 {
				word, rest = chunk[:cut], chunk[cut:]
			}
			dst = append(dst, word)
			if n := contractionLength(rest); n > 0 {
				dst, rest = append(dst, rest[:n]), rest[n:]
			}
			chunk = rest
		}
	}
	return dst
}

func isWordRune(r rune) bool {
	return unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r)
}

// wordLength returns the bytes of the word that a text begins with, which is not empty.
func wordLength(s string) int {
	var before rune
	for i, r := range s {
		if isWordRune(r) {
			before = r
			continue
		}
		if i == 0 {
			return utf8.RuneLen(r)
		}
		after, _ := utf8.DecodeRuneInString(s[i+utf8.RuneLen(r):])
		digits := unicode.IsDigit(before) && unicode.IsDigit(after) && strings.ContainsRune(".,-_:/", r)
		letters := r == '-' && unicode.IsLetter(before) && unicode.IsLetter(after)
		if !digits && !letters {
			return i
		}
	}
	return len(s)
}

// contractionAt returns where a word that ends in n, followed by 't, is cut: do|n't; 0 where it is not.
func contractionAt(word, rest string) int {
	n := len(word)
	if n > 1 && (word[n-1] == 'n' || word[n-1] == 'N') && contractionLength(word[n-1:]+rest) > 0 {
		return n - 1
	}
	return 0
}

// contractionLength returns the bytes of the contraction that a text begins with, 0 where there is none.
func contractionLength(s string) int {
	for _, c := range contractions {
		if len(s) < len(c) || !strings.EqualFold(s[:len(c)], c) {
			continue
		}
		if after, _ := utf8.DecodeRuneInString(s[len(c):]); len(s) == len(c) || !isWordRune(after) {
			return len(c)
		}
	}
	return 0
}
