package experiment

import (
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/spf13/viper"
	"github.com/strata-ml/strata/registry"
	"go.yaml.in/yaml/v4"
)

// EnvPrefix begins the name of every environment variable that overrides a key.
const EnvPrefix = "STRATA_"

// An override is a value that takes the place of the file's: STRATA_OPTIMIZER_LR=0.01, or --set optimizer.lr=0.01.
type override struct {
	keys  []*yaml.Node // one scalar for each key of the path
	value *yaml.Node
}

// overrides lays values from the environment and from --set over the nodes of a file.
type overrides struct {
	texts    *sources
	problems []registry.Problem
}

func (o *overrides) fail(n *yaml.Node, message, hint string) {
	o.problems = append(o.problems, registry.Problem{Node: n, Message: message, Hint: hint})
}

// The flags that override the file.
const (
	setFlag    = "--set "
	changeFlag = "--change "
)

// apply changes the nodes under root. The order is file < environment < flags: --set, then --change; of two values of a
// flag the later wins.
func (o *overrides) apply(root *yaml.Node, opts Options) {
	var fromEnv, fromSet []override
	fromEnv = o.readEnv(root, opts.Env)
	for _, s := range opts.Set {
		if over, ok := o.readFlag(setFlag, s); ok {
			fromSet = append(fromSet, over)
		}
	}
	for _, s := range opts.Change {
		if over, ok := o.readFlag(changeFlag, s); ok {
			fromSet = append(fromSet, over)
		}
	}
	if len(fromEnv)+len(fromSet) == 0 {
		return
	}
	winners := layer(root, fromEnv, fromSet)
	o.findCovered(root, winners, fromSet)
	for _, over := range winners {
		o.splice(root, over)
	}
}

// findCovered refuses a flag whose key lies in a block that a later flag replaces: it would be lost without a word.
func (o *overrides) findCovered(root *yaml.Node, winners, flags []override) {
	paths := make([]string, len(winners))
	for i, over := range winners {
		paths[i] = canonicalPath(root, over.keys)
	}
	for i, over := range winners {
		isFlag := slices.ContainsFunc(flags, func(f override) bool { return f.value == over.value })
		later := slices.IndexFunc(paths[i+1:], func(p string) bool { return strings.HasPrefix(paths[i], p+".") })
		if isFlag && later >= 0 {
			whole := winners[i+1+later]
			src, _ := o.texts.find(whole.value.Line)
			o.fail(over.keys[len(over.keys)-1], fmt.Sprintf("%s is lost, because %s replaces all of %s after it", pathOf(over.keys), src.name, pathOf(whole.keys)),
				"put the flag of the whole first")
		}
	}
}

// layer returns the overrides that count, in the order to lay them over the file.
//
// viper decides which of several values of a key counts. It never sees a key or a value as a person wrote it: it
// lower-cases keys and splits them, drops nulls, turns 3.7 into 3 and 010 into 8, and lets a list index replace a whole
// list. So keys reach it as the hexadecimal of their path, in which nothing is left to change, and values as nodes.
// The environment is viper's config layer, and not its environment layer, because the variables are an argument.
func layer(root *yaml.Node, env, set []override) []override {
	v := viper.New()
	key := func(over override) string { return hex.EncodeToString([]byte(canonicalPath(root, over.keys))) }
	scalars(root, "", func(path string, n *yaml.Node) { v.SetDefault(hex.EncodeToString([]byte(path)), n) })
	variables := map[string]any{}
	for _, over := range env {
		variables[key(over)] = over.value
	}
	if err := v.MergeConfigMap(variables); err != nil {
		panic(err) // viper v1.21 has no error to return here
	}
	for _, over := range set {
		v.Set(key(over), over.value)
	}
	var winners []override
	for _, over := range append(slices.Clone(env), set...) {
		if v.Get(key(over)) == any(over.value) {
			winners = append(winners, over)
		}
	}
	return winners
}

// scalars visits every scalar under n with its canonical path.
func scalars(n *yaml.Node, path string, visit func(path string, n *yaml.Node)) {
	switch n.Kind {
	case yaml.ScalarNode:
		visit(path, n)
	case yaml.MappingNode:
		for i := 0; i+1 < len(n.Content); i += 2 {
			scalars(n.Content[i+1], path+"."+n.Content[i].Value, visit)
		}
	case yaml.SequenceNode:
		for i, item := range n.Content {
			scalars(item, path+"."+strconv.Itoa(i), visit)
		}
	}
}

// canonicalPath writes a path with the number of each list item in place of its name.
func canonicalPath(n *yaml.Node, keys []*yaml.Node) string {
	var b strings.Builder
	for i, key := range keys {
		segment := key.Value
		var next *yaml.Node
		switch {
		case n == nil:
		case n.Kind == yaml.SequenceNode:
			if k, ok := findItem(n, segment, i == 1 && keys[0].Value == "model"); ok {
				segment, next = strconv.Itoa(k), n.Content[k]
			}
		default:
			next = registry.Lookup(n, segment)
		}
		b.WriteString("." + segment)
		n = next
	}
	return b.String()
}

// findItem returns the number of the item of a list that a key means: its number, its name, or its type.
func findItem(list *yaml.Node, key string, isModel bool) (int, bool) {
	names := itemNames(list, isModel)
	if i := slices.Index(names, key); i >= 0 {
		return i, true
	}
	i, err := strconv.Atoi(key)
	return i, err == nil && i >= 0 && i < len(list.Content)
}

func itemNames(list *yaml.Node, isModel bool) []string {
	if isModel {
		return nodeNames(list)
	}
	names := make([]string, len(list.Content))
	for i, item := range list.Content {
		names[i] = typeOf(item)
	}
	return names
}

// readFlag reads the text KEY=VALUE of a flag.
func (o *overrides) readFlag(flag, text string) (override, bool) {
	path, value, ok := strings.Cut(text, "=")
	name := flag + strings.TrimSpace(path)
	src := o.texts.add(flag+text, name, flag+text)
	if !ok || strings.TrimSpace(path) == "" {
		o.fail(&yaml.Node{Line: src.first, Column: len(flag) + 1}, fmt.Sprintf("%q is no KEY=VALUE", text), "write "+flag+"optimizer.lr=0.01")
		return override{}, false
	}
	over := override{}
	column := len(flag) + 1
	if strings.Count(path, ".") >= maxDepth {
		o.fail(&yaml.Node{Line: src.first, Column: column}, fmt.Sprintf("the path has more than %d keys", maxDepth), "no key lies so deep; strata show lists those there are")
		return override{}, false
	}
	for _, key := range strings.Split(path, ".") {
		at := &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: strings.TrimSpace(key), Line: src.first, Column: column}
		if at.Value == "" {
			o.fail(at, fmt.Sprintf("the path %q has an empty key", path), "put one dot between two keys")
			return over, false
		}
		over.keys = append(over.keys, at)
		column += utf8.RuneCountInString(key) + 1
	}
	over.value, ok = o.readValue(value, src, column-1)
	return over, ok
}

// readValue reads the value of an override, which stands behind before characters of its source's first line.
func (o *overrides) readValue(value string, src source, before int) (*yaml.Node, bool) {
	if strings.TrimSpace(value) == "" {
		return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!null", Line: src.first, Column: before + 1}, true
	}
	n, problems := parseText([]byte(value), src.first)
	if n != nil {
		shiftColumns(n, src.first, before)
		if hasComment(n) {
			problems = append(problems, registry.Problem{Node: n, Message: "the value holds a comment, which # begins", Hint: `put text that holds # in quotes: "a #b"`})
		}
	} else {
		for _, p := range problems {
			if p.Node.Line == src.first {
				p.Node.Column += before
			}
		}
	}
	o.problems = append(o.problems, problems...)
	return n, n != nil
}

// hasComment reports whether a value holds a comment: part of what was given would be passed over without a word.
func hasComment(n *yaml.Node) bool {
	return n.HeadComment+n.LineComment+n.FootComment != "" || slices.ContainsFunc(n.Content, hasComment)
}

func shiftColumns(n *yaml.Node, line, by int) {
	if n.Line == line {
		n.Column += by
	}
	for _, child := range n.Content {
		shiftColumns(child, line, by)
	}
}

// readEnv reads the variables that begin with EnvPrefix. A name says its path only together with what the file holds,
// since an underscore may stand for a dot: STRATA_TRAIN_BATCH_SIZE is train.batch_size. And one variable may choose the
// part whose key another one sets, so names are matched until no further one finds its key.
func (o *overrides) readEnv(root *yaml.Node, env []string) []override {
	var waiting []variable
	for _, entry := range env {
		if name, value, ok := strings.Cut(entry, "="); ok && strings.HasPrefix(name, EnvPrefix) {
			waiting = append(waiting, variable{name, value, o.texts.add(entry, name, entry)})
		}
	}
	slices.SortFunc(waiting, func(a, b variable) int { return strings.Compare(a.name, b.name) })
	var found []override
	trial, known := cloneNode(root), map[string][]string{}
	for progress := true; progress && len(waiting) > 0; {
		progress, known = false, envNames(trial)
		waiting = slices.DeleteFunc(waiting, func(v variable) bool {
			paths := known[v.name]
			if len(paths) == 0 {
				return false
			}
			progress = true
			if over, ok := o.readVariable(v, paths); ok {
				found = append(found, over)
				(&overrides{texts: o.texts}).splice(trial, over)
			}
			return true
		})
	}
	for _, v := range waiting {
		o.fail(&yaml.Node{Line: v.src.first, Column: 1}, fmt.Sprintf("no key is set by %s", v.name), nearestEnv(v.name, known))
	}
	return found
}

type variable struct {
	name, value string
	src         source
}

func (o *overrides) readVariable(v variable, paths []string) (override, bool) {
	at := &yaml.Node{Line: v.src.first, Column: 1}
	if len(paths) > 1 {
		o.fail(at, fmt.Sprintf("%s may mean %s", v.name, strings.Join(paths, " or ")), "say which with --set "+paths[0]+"="+v.value)
		return override{}, false
	}
	over := override{}
	for _, key := range strings.Split(paths[0], ".") {
		over.keys = append(over.keys, &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: key, Line: at.Line, Column: at.Column})
	}
	value, ok := o.readValue(v.value, v.src, utf8.RuneCountInString(v.name)+1)
	over.value = value
	return over, ok
}

// envNames maps the name of every variable that could set a key to the paths of the keys.
func envNames(root *yaml.Node) map[string][]string {
	names := map[string][]string{}
	for _, k := range registry.Keys(DefaultConfig(), root) {
		path := k.Path
		name := EnvPrefix + strings.Map(func(r rune) rune {
			if unicode.IsLetter(r) || unicode.IsDigit(r) {
				return unicode.ToUpper(r)
			}
			return '_'
		}, path)
		names[name] = append(names[name], path)
	}
	return names
}

func nearestEnv(name string, known map[string][]string) string {
	candidates := make([]string, 0, len(known))
	for k := range known {
		candidates = append(candidates, strings.TrimPrefix(k, EnvPrefix))
	}
	slices.Sort(candidates)
	if near := registry.Nearest(strings.TrimPrefix(name, EnvPrefix), candidates); near != "" {
		return fmt.Sprintf("did you mean %q? it sets %s", EnvPrefix+near, strings.Join(known[EnvPrefix+near], " or "))
	}
	return "a name is STRATA_ and the path of the key, such as STRATA_OPTIMIZER_LR for optimizer.lr; unset the variable if it is not meant for this"
}

// splice puts the value of an override in its place under root, and makes the blocks on the way where they are missing.
func (o *overrides) splice(root *yaml.Node, over override) {
	at := root
	for i, key := range over.keys {
		last := i == len(over.keys)-1
		switch {
		case at.Kind == yaml.SequenceNode:
			isModel := i == 1 && over.keys[0].Value == "model"
			k, ok := findItem(at, key.Value, isModel)
			if !ok {
				unknown := &registry.UnknownError{Name: key.Value, Known: itemNames(at, isModel)}
				o.fail(key, fmt.Sprintf("%s has no item %q", pathOf(over.keys[:i]), key.Value), unknown.Hint())
				return
			}
			if last {
				at.Content[k] = over.value
			}
			at = at.Content[k]
			continue
		case at.Kind == yaml.ScalarNode:
			// What was the name of a part, as in `optimizer: adam`, becomes a block with that name.
			name := *at
			kind := &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: "type", Line: name.Line, Column: name.Column}
			*at = yaml.Node{Kind: yaml.MappingNode, Tag: "!!map", Line: key.Line, Column: key.Column, Content: []*yaml.Node{kind, &name}}
		}
		next := &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map", Line: key.Line, Column: key.Column}
		if last {
			next = over.value
		}
		at = setKey(at, key, next, last)
	}
}

// setKey gives a key of a block a value, or, unless replace is set, leaves the one it has. It returns the value.
func setKey(block, key, value *yaml.Node, replace bool) *yaml.Node {
	for i := 0; i+1 < len(block.Content); i += 2 {
		if block.Content[i].Value != key.Value {
			continue
		}
		if replace {
			block.Content[i+1] = value
		}
		return block.Content[i+1]
	}
	block.Content = append(block.Content, key, value)
	return value
}

func pathOf(keys []*yaml.Node) string {
	names := make([]string, len(keys))
	for i, k := range keys {
		names[i] = k.Value
	}
	return strings.Join(names, ".")
}

func cloneNode(n *yaml.Node) *yaml.Node {
	c := *n
	c.Content = make([]*yaml.Node, len(n.Content))
	for i, child := range n.Content {
		c.Content[i] = cloneNode(child)
	}
	return &c
}
