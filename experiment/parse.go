package experiment

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/strata-ml/strata/registry"
	"go.yaml.in/yaml/v4"
	"go.yaml.in/yaml/v4/plugin/loaderlimits"
)

// The bounds of an experiment file. They hold before anything else looks at it.
const (
	maxBytes  = 1 << 20
	maxDepth  = 32
	maxValues = 10_000
)

// parseText reads one YAML document into nodes whose lines are counted from first. Where the text is no YAML at all
// the root is nil; the other problems are constructs that an experiment may not use.
func parseText(text []byte, first int) (root *yaml.Node, problems []registry.Problem) {
	fail := func(line, column int, message, hint string) (*yaml.Node, []registry.Problem) {
		at := &yaml.Node{Line: line + first - 1, Column: column}
		return nil, []registry.Problem{{Node: at, Message: message, Hint: hint}}
	}
	if len(text) > maxBytes {
		return fail(1, 1, fmt.Sprintf("the file holds more than %d bytes", maxBytes), "keep data in files of its own and name them under data")
	}
	if line, column, what := findBadCharacter(text); what != "" {
		return fail(line, column, what, "save the file as UTF-8 text")
	}
	// Every value ends at a line break or a comma, so this counts no fewer than there are.
	if n := bytes.Count(text, []byte{'\n'}) + bytes.Count(text, []byte{','}); n > maxValues {
		return fail(1, 1, fmt.Sprintf("the file holds about %d values, and an experiment holds at most %d", n, maxValues), "keep data in files of its own and name them under data")
	}
	var doc yaml.Node
	if err := yaml.Load(text, &doc, yaml.WithPlugin(loaderlimits.New(loaderlimits.DepthValue(maxDepth)))); err != nil {
		return fail(explainSyntax(err, text))
	}
	root = doc.Content[0]
	c := structure{first: first}
	c.visit(root)
	if c.aliased {
		return nil, c.problems // what stands behind an alias is not known, so nothing more can be told
	}
	return root, c.problems
}

// findBadCharacter returns the first place that is no UTF-8 or holds a control character.
func findBadCharacter(text []byte) (line, column int, what string) {
	line, column = 1, 1
	for len(text) > 0 {
		r, n := utf8.DecodeRune(text)
		switch {
		case r == utf8.RuneError && n == 1:
			return line, column, fmt.Sprintf("the text is no UTF-8: byte 0x%02x", text[0])
		case r < ' ' && r != '\t' && r != '\n' && r != '\r' || r == 0x7f:
			return line, column, fmt.Sprintf("the text holds the control character U+%04X", r)
		case r == '\n':
			line, column = line+1, 0
		}
		text, column = text[n:], column+1
	}
	return 0, 0, ""
}

// explainSyntax says where YAML ends to be YAML, in the words of a person who writes one.
func explainSyntax(err error, text []byte) (line, column int, message, hint string) {
	e, ok := errors.AsType[*yaml.LoadError](err)
	if !ok || e.Mark.Line == 0 {
		switch {
		case strings.Contains(err.Error(), "multiple"):
			return secondDocument(text), 1, "a second document begins here, and a file holds one experiment", "remove it, or move it to a file of its own"
		case strings.Contains(err.Error(), "no documents"):
			return 1, 1, "the file is empty", "an experiment needs at least data, model, loss and optimizer"
		}
		return 1, 1, "the text is no YAML: " + err.Error(), ""
	}
	line, column = e.Mark.Line, e.Mark.Column
	switch at := characterAt(text, line, column); {
	case strings.Contains(e.Message, "exceeded max depth"):
		return line, column, fmt.Sprintf("a value is nested deeper than %d levels", maxDepth), "close the brackets, or flatten the blocks"
	case at == "\t":
		return line, column, "a tab indents the line, and YAML indents with spaces", "replace the tab by spaces"
	case strings.Contains(e.Message, "anchor"):
		return line, column, "a value that begins with * is an alias, and an experiment has none", `put text in quotes: "*/w"`
	case strings.Contains(e.Message, "cannot start any token"):
		return line, column, fmt.Sprintf("a value cannot begin with %s", at), "put text in quotes"
	case strings.Contains(e.Message, "mapping values are not allowed"):
		return line, column, "a key stands where none can", "check the indentation, and put text that holds a colon in quotes"
	case strings.Contains(e.ContextMsg, "quoted scalar") && strings.Contains(e.Message, "end of stream"):
		return e.ContextMark.Line, e.ContextMark.Column, "the quotes that open here are not closed", "close them"
	case strings.Contains(e.ContextMsg, "flow"):
		return e.ContextMark.Line, e.ContextMark.Column, "the bracket that opens here is not closed", "close it, and put commas between the items"
	case strings.Contains(e.Message, "expected key"), strings.Contains(e.Message, "could not find expected ':'"):
		return line, column, "a key is missing here", "write KEY: VALUE, indented like its neighbours"
	}
	return line, column, "the text is no YAML: " + strings.TrimSpace(e.ContextMsg+" "+e.Message), ""
}

func characterAt(text []byte, line, column int) string {
	lines := strings.Split(string(text), "\n")
	if line > len(lines) {
		return ""
	}
	runes := []rune(lines[line-1])
	if column > len(runes) {
		return ""
	}
	return string(runes[column-1])
}

func secondDocument(text []byte) int {
	seen := false
	for i, line := range strings.Split(string(text), "\n") {
		begins := strings.HasPrefix(line, "---")
		if begins && seen {
			return i + 1
		}
		seen = seen || begins || strings.TrimSpace(line) != "" && !strings.HasPrefix(line, "#") && !strings.HasPrefix(line, "%")
	}
	return 1
}

// structure moves the lines of nodes to their count and collects the constructs that an experiment may not use.
type structure struct {
	first    int
	aliased  bool // an anchor or an alias was found: one is told, however many there are
	problems []registry.Problem
}

func (c *structure) add(n *yaml.Node, message, hint string) {
	c.problems = append(c.problems, registry.Problem{Node: n, Message: message, Hint: hint})
}

func (c *structure) visit(n *yaml.Node) {
	n.Line += c.first - 1
	switch {
	case (n.Kind == yaml.AliasNode || n.Anchor != "") && c.aliased:
	case n.Kind == yaml.AliasNode:
		c.aliased = true
		c.add(n, fmt.Sprintf("*%s is an alias, and an experiment has none", n.Value), `write the value out, or put text in quotes: "*/w"`)
	case n.Anchor != "":
		c.aliased = true
		c.add(n, fmt.Sprintf("&%s is an anchor, and an experiment has none", n.Anchor), "remove it, and write the value where it is used")
	case n.Style&yaml.TaggedStyle != 0:
		c.add(n, n.Tag+" is a tag, and an experiment has none", "remove it; text that looks like a number takes quotes")
	}
	for _, child := range n.Content {
		c.visit(child)
	}
	if n.Kind == yaml.MappingNode {
		c.visitKeys(n)
	}
}

func (c *structure) visitKeys(n *yaml.Node) {
	exact, folded := map[string]*yaml.Node{}, map[string]*yaml.Node{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := n.Content[i]
		lower := strings.ToLower(key.Value)
		switch {
		case key.Kind != yaml.ScalarNode || key.Tag != "!!str" && key.Tag != "!!merge":
			c.add(key, "a key must be text", "keys are words such as units or batch_size")
			continue
		case key.Value == "<<":
			c.add(key, "<< merges blocks, and an experiment has none to merge", "write the keys out")
		case strings.Contains(key.Value, "."):
			c.add(key, fmt.Sprintf("key %q holds a dot", key.Value), "dots are for --set; in the file write "+nested(key.Value))
		case exact[key.Value] != nil:
			c.add(key, fmt.Sprintf("key %q appears twice, first on line %d", key.Value, exact[key.Value].Line-c.first+1), "remove one of them")
		case folded[lower] != nil:
			c.add(key, fmt.Sprintf("keys %q and %q differ only in case", folded[lower].Value, key.Value), "keys are written in lower case; remove one of them")
		}
		exact[key.Value], folded[lower] = key, key
	}
}

// nested writes a.b as a: {b: …}.
func nested(dotted string) string {
	head, rest, ok := strings.Cut(dotted, ".")
	if !ok {
		return head + ": …"
	}
	return head + ": {" + nested(rest) + "}"
}
