// Package swish adds the layer swish, y = x·σ(βx) with a trained β: Ramachandran, Zoph and Le, "Searching for
// activation functions", 2017, arXiv:1710.05941.
package swish
