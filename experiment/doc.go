// Package experiment turns a YAML file into a checked experiment, and an experiment into a run.
//
// A file is read in four steps. The text becomes nodes that know their line and column (parse.go). Overrides from the
// environment and from --set are laid over the nodes, each with its own place (override.go). The registry decodes the
// nodes into a Config (config.go). What no part can see alone is checked across parts: the graph, the shapes, the
// metrics, the patterns and the memory (check.go, shapes.go). Every step collects all of its problems, and a person
// sees them together, each with the line it is about and the remedy (diagnostics.go).
//
// This is the one package that knows viper, and the one that turns the name of an element type into the type.
package experiment
