// Package model composes layers into a computational graph and runs it.
//
// A Model is the graph and its parameters. An Exec is the memory of one execution: values on the way forward, gradients
// on the way back. One model serves any number of executions at once, because a layer keeps nothing in itself.
//
// Forward visits the nodes in topological order, Backward in the reverse of it. Where a value is read by several nodes,
// the gradients that come back are summed: the first is written straight into the producer's buffer and each further
// one is added, in an order that depends on the graph alone.
package model
