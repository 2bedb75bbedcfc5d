package plots

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/plot/vg"
)

// The layout follows Sugiyama, Tagawa and Toda, "Methods for visual understanding of hierarchical system structures",
// 1981: nodes get layers; edges over several layers get a bend in each; sweeps over the layers take crossings away; and
// least squares under the order that results make edges as level as they can be.

// graphItem is what has a place in a layer: a node, or the bend of an edge that passes through the layer.
type graphItem struct {
	node      int // -1 for a bend
	layer     int
	above     vg.Length // room that it takes from its centre upwards
	below     vg.Length
	y         vg.Length // of its centre, upwards
	neighbour [2][]int  // items that edges lead to, in the layer before and in the layer behind
}

// graphPicture is a Graph with a place for everything.
type graphPicture struct {
	Graph
	boxes  []graphBox
	items  []graphItem
	layers [][]int // items by layer, from the bottom
	paths  [][]int // by edge: its items from tail to head
	left   []vg.Length
	widths []vg.Length // of each layer
	height vg.Length
}

// newGraphPicture returns a graph with its layers, not yet placed. It returns an error where the edges form a cycle.
func newGraphPicture(g Graph) (*graphPicture, error) {
	p := &graphPicture{Graph: g}
	ranks, err := graphRanks(g)
	if err != nil {
		return nil, err
	}
	for i, n := range g.Nodes {
		box := newGraphBox(n)
		p.boxes = append(p.boxes, box)
		p.add(graphItem{node: i, layer: ranks[i], above: box.above, below: box.below})
	}
	for _, e := range g.Edges {
		path := []int{e.From}
		for layer := ranks[e.From] + 1; layer < ranks[e.To]; layer++ {
			path = append(path, p.add(graphItem{node: -1, layer: layer, above: bendRoom, below: bendRoom}))
		}
		path = append(path, e.To)
		for k := 1; k < len(path); k++ {
			a, b := &p.items[path[k-1]], &p.items[path[k]]
			a.neighbour[1], b.neighbour[0] = append(a.neighbour[1], path[k]), append(b.neighbour[0], path[k-1])
		}
		p.paths = append(p.paths, path)
	}
	return p, nil
}

func (p *graphPicture) add(it graphItem) int {
	p.items = append(p.items, it)
	for len(p.layers) <= it.layer {
		p.layers = append(p.layers, nil)
	}
	p.layers[it.layer] = append(p.layers[it.layer], len(p.items)-1)
	return len(p.items) - 1
}

// graphRanks gives each node its layer: a node that is computed stands behind all that it is computed from, and one that
// is given stands right before the first that reads it.
func graphRanks(g Graph) ([]int, error) {
	ranks, given := make([]int, len(g.Nodes)), make([]bool, len(g.Nodes))
	for i := range given {
		given[i] = !slices.ContainsFunc(g.Edges, func(e GraphEdge) bool { return e.To == i })
	}
	for range len(g.Nodes) + 1 {
		changed := false
		for _, e := range g.Edges {
			if ranks[e.To] <= ranks[e.From] {
				ranks[e.To], changed = ranks[e.From]+1, true
			}
		}
		if !changed {
			for i := range ranks {
				if given[i] {
					ranks[i] = firstReader(g, ranks, i) - 1
				}
			}
			return ranks, nil
		}
	}
	return nil, fmt.Errorf("plots: the edges of graph %q form a cycle", g.Title)
}

func firstReader(g Graph, ranks []int, i int) int {
	first := math.MaxInt
	for _, e := range g.Edges {
		if e.From == i {
			first = min(first, ranks[e.To])
		}
	}
	if first == math.MaxInt {
		return 1 // nobody reads it
	}
	return first
}

const orderSweeps, levelSweeps = 24, 300

// place orders the items of each layer and gives everything its coordinates.
func (p *graphPicture) place() {
	for _, layer := range p.layers { // the first node of the graph stands on top
		slices.Reverse(layer)
	}
	best, fewest := p.order(), math.MaxInt
	for sweep := range orderSweeps {
		p.sortLayers(sweep % 2)
		if n := p.crossings(); n < fewest {
			best, fewest = p.order(), n
		}
	}
	p.layers = best
	for sweep := range levelSweeps {
		if sweep < levelSweeps/10 {
			p.level(sweep % 2) // far at a time
		} else {
			p.level(2) // to the balance of both sides
		}
	}
	lowest := vg.Length(math.Inf(1))
	for _, it := range p.items {
		lowest = min(lowest, it.y-it.below)
	}
	for i := range p.items {
		p.items[i].y -= lowest
		p.height = max(p.height, p.items[i].y+p.items[i].above)
	}
	p.placeLayers()
}

func (p *graphPicture) order() [][]int {
	var order [][]int
	for _, layer := range p.layers {
		order = append(order, slices.Clone(layer))
	}
	return order
}

// sortLayers sorts each layer, from the first on or from the last, by the mean place of the neighbours on one side.
func (p *graphPicture) sortLayers(side int) {
	at := p.positions()
	for k := range p.layers {
		if side == 1 {
			k = len(p.layers) - 1 - k
		}
		layer := p.layers[k]
		mean := map[int]float64{}
		for i, it := range layer {
			mean[it] = float64(i)
			if near := p.items[it].neighbour[side]; len(near) > 0 {
				sum := 0
				for _, n := range near {
					sum += at[n]
				}
				mean[it] = float64(sum) / float64(len(near))
			}
		}
		slices.SortStableFunc(layer, func(a, b int) int {
			switch {
			case mean[a] < mean[b]:
				return -1
			case mean[a] > mean[b]:
				return 1
			}
			return 0
		})
		for i, it := range layer {
			at[it] = i
		}
	}
}

// positions returns the place of each item in its layer.
func (p *graphPicture) positions() []int {
	at := make([]int, len(p.items))
	for _, layer := range p.layers {
		for i, it := range layer {
			at[it] = i
		}
	}
	return at
}

// crossings counts the pairs of edges that cross between two layers.
func (p *graphPicture) crossings() int {
	at := p.positions()
	n := 0
	for _, layer := range p.layers {
		for i, a := range layer {
			for _, b := range layer[i+1:] {
				for _, toA := range p.items[a].neighbour[1] {
					for _, toB := range p.items[b].neighbour[1] {
						if at[toA] > at[toB] {
							n++
						}
					}
				}
			}
		}
	}
	return n
}

// level moves the items of each layer to the mean height of their neighbours on one side, or with side 2 on both, as near
// as the order and the room of the others allow: a step down the sum over edges of weight × (difference in height)².
func (p *graphPicture) level(side int) {
	for k := range p.layers {
		if side == 1 {
			k = len(p.layers) - 1 - k
		}
		layer := p.layers[k]
		wanted, weights, offset := make([]float64, len(layer)), make([]float64, len(layer)), make([]float64, len(layer))
		for i, it := range layer {
			item := &p.items[it]
			if i > 0 {
				offset[i] = offset[i-1] + float64(p.items[layer[i-1]].above+item.below+itemGap)
			}
			near := item.neighbour[side%2]
			if side == 2 {
				near = slices.Concat(item.neighbour[0], item.neighbour[1])
			}
			weights[i] = 1e-6 // it stays where nothing pulls
			sum := weights[i] * float64(item.y)
			for _, n := range near {
				w := p.weight(it, n)
				sum, weights[i] = sum+w*float64(p.items[n].y), weights[i]+w
			}
			wanted[i] = sum/weights[i] - offset[i]
		}
		for i, y := range monotone(wanted, weights) {
			p.items[layer[i]].y = vg.Length(y + offset[i])
		}
	}
}

// weight says how much it matters that an edge, or a piece of one, is level. That of a parameter matters little: what is
// computed flows level, and parameters stand beside it. A long edge that bends is harder to follow than a short one that
// slopes.
func (p *graphPicture) weight(a, b int) float64 {
	weight := 1.0
	for _, it := range []int{a, b} {
		switch n := p.items[it].node; {
		case n < 0:
			weight *= 3
		case p.Nodes[n].Kind == GraphParam:
			weight *= 0.02
		}
	}
	return weight
}

// monotone returns the non-decreasing numbers nearest to x in weighted least squares, by pooling adjacent violators (Ayer
// et al., 1955).
func monotone(x, weights []float64) []float64 {
	type pool struct {
		mean, weight float64
		n            int
	}
	var pools []pool
	for i, v := range x {
		pools = append(pools, pool{v, weights[i], 1})
		for k := len(pools) - 1; k > 0 && pools[k-1].mean > pools[k].mean; k-- {
			a, b := pools[k-1], pools[k]
			w := a.weight + b.weight
			pools[k-1] = pool{(a.mean*a.weight + b.mean*b.weight) / w, w, a.n + b.n}
			pools = pools[:k]
		}
	}
	var out []float64
	for _, p := range pools {
		for range p.n {
			out = append(out, p.mean)
		}
	}
	return out
}

// placeLayers gives each layer its column: as wide as its widest box, behind a gap with room for the labels of the edges.
func (p *graphPicture) placeLayers() {
	x := vg.Length(0)
	for k, layer := range p.layers {
		if k > 0 {
			x += p.gapBefore(k)
		}
		width := vg.Length(0)
		for _, it := range layer {
			if n := p.items[it].node; n >= 0 {
				width = max(width, p.boxes[n].width)
			}
		}
		p.left, p.widths = append(p.left, x), append(p.widths, width)
		x += width
	}
}

// gapBefore returns the room between a layer and the one before, for the labels of the edges that begin there.
func (p *graphPicture) gapBefore(k int) vg.Length {
	gap := vg.Length(minLayerGap)
	for i, path := range p.paths {
		if p.items[path[1]].layer == k {
			gap = max(gap, edgeStyle().Width(p.Edges[i].Gradient)+2*edgeLabelMargin)
		}
	}
	return gap
}
