package registry

import (
	"fmt"
	"reflect"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
)

// A Registry maps names to parts of one kind. E is what a part's constructor makes.
type Registry[E any] struct {
	kind  string
	owner string // the package that called New
	class Class  // of the keys that no tag classes
	mu    sync.RWMutex
	parts map[string]*part[E]
}

type part[E any] struct {
	name, module string
	defaults     any // a C
	build        func(any) E
}

// A Kind is a registry seen without its element type.
type Kind interface {
	Kind() string    // "layer", "loss", …
	Names() []string // sorted
	Describe(name string) (Description, error)
	DefaultConfig(name string) (any, error)
	Class() Class // of the keys of its parts that no tag classes; "" where there is none
	buildAny(name string, config any) any
}

var (
	kindsMu      sync.RWMutex
	kinds        = map[string]Kind{}
	kindByType   = map[reflect.Type]Kind{}
	configByType = map[reflect.Type]any{}
)

// New makes the registry of a kind and lists it under Kinds. The class is that of the keys of its parts which have no tag
// of their own, so that a part of another module need not know of classes; with "" each key should have one, and one
// without counts as frozen. New panics when the kind or E has a registry already.
func New[E any](kind string, class Class) *Registry[E] {
	r := &Registry[E]{kind: kind, owner: callerPackage(""), class: class, parts: map[string]*part[E]{}}
	kindsMu.Lock()
	defer kindsMu.Unlock()
	element := reflect.TypeFor[E]()
	if _, ok := kinds[kind]; ok || kindByType[element] != nil {
		panic(fmt.Sprintf("registry: kind %q or its element type %v is registered twice", kind, element))
	}
	kinds[kind], kindByType[element] = r, r
	return r
}

// Kinds returns every registry, sorted by kind.
func Kinds() []Kind {
	kindsMu.RLock()
	defer kindsMu.RUnlock()
	all := make([]Kind, 0, len(kinds))
	for _, k := range kinds {
		all = append(all, k)
	}
	slices.SortFunc(all, func(a, b Kind) int { return strings.Compare(a.Kind(), b.Kind()) })
	return all
}

// FindKind returns the registry of a kind, or an error that suggests the nearest kind.
func FindKind(kind string) (Kind, error) {
	kindsMu.RLock()
	defer kindsMu.RUnlock()
	if k, ok := kinds[kind]; ok {
		return k, nil
	}
	names := make([]string, 0, len(kinds))
	for n := range kinds {
		names = append(names, n)
	}
	slices.Sort(names)
	return nil, &UnknownError{What: "kind", Name: kind, Known: names}
}

// Register adds a part to a registry: a name, its default configuration, and the constructor. C is a struct. Register
// is called from init functions and panics on a mistake of the program: an empty or taken name (naming both modules), a
// configuration that cannot be described, or one whose type has other defaults in another part. A type has one set of
// defaults, whatever the order in which packages are initialized, so x and x.v2 with other defaults have two types.
func Register[E, C any](r *Registry[E], name string, defaults C, build func(C) E) {
	module := moduleOf(callerPackage(r.owner))
	if name == "" {
		panic(fmt.Sprintf("registry: %s registers a %s without a name", module, r.kind))
	}
	if _, err := fieldsOf(reflect.TypeFor[C]()); err != nil {
		panic(fmt.Sprintf("registry: %s %q of %s: %v", r.kind, name, module, err))
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if old, ok := r.parts[name]; ok {
		panic(fmt.Sprintf("registry: %s %q is registered by %s and by %s", r.kind, name, old.module, module))
	}
	if err := setDefaults(defaults); err != nil {
		panic(fmt.Sprintf("registry: %s %q of %s: %v", r.kind, name, module, err))
	}
	r.parts[name] = &part[E]{
		name: name, module: module, defaults: defaults,
		build: func(c any) E { return build(c.(C)) },
	}
}

// Defaults returns the registered default configuration of type C, for programs that build parts without YAML. It
// panics when no part has such a configuration.
func Defaults[C any]() C {
	kindsMu.RLock()
	defer kindsMu.RUnlock()
	c, ok := configByType[reflect.TypeFor[C]()]
	if !ok {
		panic(fmt.Sprintf("registry: no part has the configuration %v", reflect.TypeFor[C]()))
	}
	return c.(C)
}

// SetDefaults sets what an optional block, a field that is a pointer to a C or an item of a list of C, starts from where a
// file has it. It is
// called from init functions, and panics when C has other defaults already.
func SetDefaults[C any](defaults C) {
	if err := setDefaults(defaults); err != nil {
		panic("registry: " + err.Error())
	}
}

func setDefaults[C any](defaults C) error {
	kindsMu.Lock()
	defer kindsMu.Unlock()
	t := reflect.TypeFor[C]()
	if old, ok := configByType[t]; ok && !reflect.DeepEqual(old, any(defaults)) {
		return fmt.Errorf("the configuration %v has other defaults already: other defaults need a type of their own", t)
	}
	configByType[t] = defaults
	return nil
}

// blockOf returns a pointer to a configuration of a type with its defaults, all zero where none were set.
func blockOf(t reflect.Type) reflect.Value {
	kindsMu.RLock()
	defer kindsMu.RUnlock()
	block := reflect.New(t)
	if defaults, ok := configByType[t]; ok {
		block.Elem().Set(reflect.ValueOf(defaults))
	}
	return block
}

// Kind returns the name of the kind.
func (r *Registry[E]) Kind() string { return r.kind }

// Class returns the class of the keys that no tag classes, "" where there is none.
func (r *Registry[E]) Class() Class { return r.class }

// Names returns the names of all parts, sorted.
func (r *Registry[E]) Names() []string {
	r.mu.RLock()
	defer r.mu.RUnlock()
	names := make([]string, 0, len(r.parts))
	for n := range r.parts {
		names = append(names, n)
	}
	slices.Sort(names)
	return names
}

func (r *Registry[E]) find(name string) (*part[E], error) {
	r.mu.RLock()
	p, ok := r.parts[name]
	r.mu.RUnlock()
	if !ok {
		return nil, &UnknownError{What: r.kind, Name: name, Known: r.Names()}
	}
	return p, nil
}

// Build makes the named part with its default configuration, changed by edit where edit is not nil. The argument of
// edit is a pointer to the configuration struct. The error is an *UnknownError, or that of Check.
func (r *Registry[E]) Build(name string, edit func(config any)) (E, error) {
	var none E
	p, err := r.find(name)
	if err != nil {
		return none, err
	}
	c := reflect.New(reflect.TypeOf(p.defaults))
	c.Elem().Set(reflect.ValueOf(p.defaults))
	if edit != nil {
		edit(c.Interface())
	}
	if err := Check(c.Interface()); err != nil {
		return none, fmt.Errorf("%s %s: %w", r.kind, name, err)
	}
	return p.build(c.Elem().Interface()), nil
}

// DefaultConfig returns the configuration that a part was registered with. Keys that are required are zero in it.
func (r *Registry[E]) DefaultConfig(name string) (any, error) {
	p, err := r.find(name)
	if err != nil {
		return nil, err
	}
	return p.defaults, nil
}

func (r *Registry[E]) buildAny(name string, config any) any {
	p, err := r.find(name)
	if err != nil {
		panic(err)
	}
	if config == nil {
		config = p.defaults
	}
	return p.build(config)
}

// thisPackage is the import path of this package.
var thisPackage = reflect.TypeFor[Number]().PkgPath()

// callerPackage returns the import path of the package that registers: the first caller outside of this package and
// of the functions Register… of the owner of the registry.
func callerPackage(owner string) string {
	var pcs [16]uintptr
	frames := runtime.CallersFrames(pcs[:runtime.Callers(2, pcs[:])])
	for {
		f, more := frames.Next()
		pkg := packageOf(f.Function)
		passesOn := pkg == thisPackage || pkg == owner && strings.HasPrefix(f.Function, pkg+".Register")
		if !passesOn || !more {
			return pkg
		}
	}
}

// packageOf returns the import path of the package that holds a function named like a.b/c/pkg.Func.func1.
func packageOf(function string) string {
	slash := strings.LastIndexByte(function, '/')
	if dot := strings.IndexByte(function[slash+1:], '.'); dot >= 0 {
		return function[:slash+1+dot]
	}
	return function
}

func moduleOf(pkg string) string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return pkg
	}
	best, version := "", ""
	for _, m := range append(info.Deps, &info.Main) {
		if (pkg == m.Path || strings.HasPrefix(pkg, m.Path+"/")) && len(m.Path) > len(best) {
			best, version = m.Path, m.Version
		}
	}
	switch {
	case best == "":
		return pkg
	case version == "" || version == "(devel)":
		return best
	}
	return best + "@" + version
}
