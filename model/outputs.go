package model

import "github.com/strata-ml/strata/layers"

// Outputs calls f with each node, in forward order, and what the last Forward made of it. Shape of out: [rows, output…];
// it is the Exec's own and read-only. Nodes that only reshape are passed over.
func (e *Exec[T]) Outputs(f func(node string, l layers.Layer[T], out []T, rows int)) {
	for i, nd := range e.m.nodes {
		if !e.skips[i] {
			f(nd.name, nd.layer, e.out[i][:e.rows*nd.decl.Out.Size()], e.rows)
		}
	}
}
