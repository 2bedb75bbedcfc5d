package plots

import (
	"fmt"

	"gonum.org/v1/plot/vg"
)

// A Graph is the drawing of a computational graph: nodes in layers from left to right, with their values above and their
// gradients below, and on each edge the gradient that flows back along it.
type Graph struct {
	Title   string
	Caption string // one line under the title
	EdgeKey string // what stands on the edges, for the line that explains the colours; may be empty
	Nodes   []GraphNode
	Edges   []GraphEdge
}

// A GraphNode is a box of a Graph.
type GraphNode struct {
	Name     string // in the box, in bold
	Detail   string // in the box, under the name; may be empty
	Value    string // above the box
	Gradient string // below the box
	Kind     GraphKind
}

// A GraphKind decides how a box looks.
type GraphKind int

// The kinds of boxes.
const (
	GraphInput    GraphKind = iota // given: a round box
	GraphParam                     // trained: a round box in another shade
	GraphComputed                  // computed from others
	GraphResult                    // where the way back begins
)

// A GraphEdge leads from a node to one that is computed from it. Both are places in Graph.Nodes.
type GraphEdge struct {
	From, To int
	Gradient string // on the edge; may be empty
}

// MaxGraphNodes is how many nodes a Graph may have: a larger one would be no picture.
const MaxGraphNodes = 60

// DrawGraph draws a graph and writes it to path with the extension of each of the formats. It returns the paths of the
// files. The figure is as large as the graph needs; of the options it takes the formats and the resolution. The edges must
// not form a cycle.
func DrawGraph(path string, g Graph, o Options) ([]string, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	if len(g.Nodes) == 0 || len(g.Nodes) > MaxGraphNodes {
		return nil, fmt.Errorf("plots: a graph has between 1 and %d nodes to be drawn, not %d", MaxGraphNodes, len(g.Nodes))
	}
	for _, e := range g.Edges {
		if e.From < 0 || e.From >= len(g.Nodes) || e.To < 0 || e.To >= len(g.Nodes) {
			return nil, fmt.Errorf("plots: graph %q has an edge from node %d to node %d of %d", g.Title, e.From, e.To, len(g.Nodes))
		}
	}
	p, err := newGraphPicture(g)
	if err != nil {
		return nil, err
	}
	p.place()
	size := p.size()
	if pixels := float64(size.X/vg.Inch) * o.DPI * float64(size.Y/vg.Inch) * o.DPI; pixels > maxPixels {
		o.DPI *= maxPixels / pixels
	}
	return writeFormats(path, g.Title, size, o, p.draw)
}
