package registry

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v4"
)

// maxQuoted is how many characters of a value a message repeats.
const maxQuoted = 40

// describeNode names a value as a person would: `the text "ten"`, `a list`, `3.7`.
func describeNode(n *yaml.Node) string {
	switch n.Kind {
	case yaml.MappingNode:
		return "a block of keys"
	case yaml.SequenceNode:
		return "a list"
	case yaml.ScalarNode:
		switch n.Tag {
		case "!!null":
			return "empty"
		case "!!str":
			return fmt.Sprintf("the text %q", shorten(n.Value))
		}
	}
	return shorten(n.Value)
}

func shorten(s string) string {
	if runes := []rune(s); len(runes) > maxQuoted {
		return string(runes[:maxQuoted]) + "…"
	}
	return s
}

// typeHint is the remedy for a value that is not what is wanted, or "" where nobody can know it.
func typeHint(want string, n *yaml.Node) string {
	if n.Kind != yaml.ScalarNode || n.Value == "" || len(n.Value) > maxQuoted {
		return ""
	}
	switch want {
	case "text":
		return fmt.Sprintf("write %q", n.Value)
	case "true or false":
		switch strings.ToLower(n.Value) {
		case "yes", "on", "1", "y", "true":
			return "write true"
		case "no", "off", "0", "n", "false":
			return "write false"
		}
		return ""
	}
	f, err := strconv.ParseFloat(strings.ReplaceAll(n.Value, "_", ""), 64)
	whole, wholeErr := strconv.ParseInt(strings.ReplaceAll(n.Value, "_", ""), 0, 64)
	switch {
	case wholeErr == nil && n.Tag == "!!int" && isDecimal(n.Value):
		_, digits := splitSign(n.Value)
		return "write " + withoutZeros(digits)
	case wholeErr == nil && n.Tag == "!!int":
		return "write it in decimal: " + strconv.FormatInt(whole, 10)
	case err != nil || math.IsInf(f, 0) || math.IsNaN(f):
		if want == "a number" && (strings.ContainsAny(n.Value, "0123456789") || strings.HasPrefix(strings.TrimLeft(n.Value, "+-"), ".")) {
			return "write a finite decimal number, such as 0.001 or 1e-3"
		}
		return ""
	case want == "a whole number" && n.Tag == "!!float" && math.Abs(f) < 1e15:
		return "write " + strconv.FormatFloat(math.Round(f), 'f', -1, 64)
	case n.Tag == "!!str":
		return "write " + n.Value + " without quotes"
	}
	return ""
}

// missingTypeHint is the remedy for a block that names no part. A key of it may be the name, as in {top_k: 3}.
func missingTypeHint(k Kind, n *yaml.Node) string {
	names := k.Names()
	for i := 0; i+1 < len(n.Content); i += 2 {
		if key := n.Content[i].Value; slices.Contains(names, key) {
			return fmt.Sprintf("write {type: %s, KEY: VALUE}", key)
		}
	}
	return "add type: <" + k.Kind() + ">; known: " + strings.Join(names, ", ")
}

func listHint(n *yaml.Node) string {
	if n.Kind == yaml.ScalarNode {
		return "write [" + shorten(n.Value) + "]"
	}
	return "begin each item with a dash"
}

func splitSign(s string) (sign, digits string) {
	if strings.HasPrefix(s, "-") || strings.HasPrefix(s, "+") {
		return strings.TrimPrefix(s[:1], "+"), s[1:]
	}
	return "", s
}

func isDecimal(s string) bool {
	_, digits := splitSign(s)
	return strings.Trim(digits, "0123456789") == ""
}

func withoutZeros(digits string) string {
	if trimmed := strings.TrimLeft(digits, "0"); trimmed != "" {
		return trimmed
	}
	return "0"
}
