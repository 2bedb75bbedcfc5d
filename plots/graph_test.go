package plots

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/plot/vg"
)

// lecture is the graph f = (x + y)·max(y, z).
func lecture() Graph {
	return Graph{
		Title: "gates", Caption: "gradients of f", EdgeKey: "on an edge: upstream × local = downstream",
		Nodes: []GraphNode{
			{Name: "x", Value: "1", Gradient: "2"},
			{Name: "y", Value: "2", Gradient: "5 = 2 + 3"},
			{Name: "z", Value: "0", Gradient: "0"},
			{Name: "a", Detail: "sum", Value: "3", Gradient: "2", Kind: GraphComputed},
			{Name: "b", Detail: "max", Value: "2", Gradient: "3", Kind: GraphComputed},
			{Name: "f", Detail: "mul", Value: "6", Gradient: "1", Kind: GraphResult},
		},
		Edges: []GraphEdge{
			{3, 5, "1 × 2 = 2"}, {4, 5, "1 × 3 = 3"}, {1, 4, "3 × 1 = 3"}, {2, 4, "3 × 0 = 0"}, {0, 3, "2 × 1 = 2"}, {1, 3, "2 × 1 = 2"},
		},
	}
}

// randomGraph has nodes that each read up to three of those before.
func randomGraph(seed uint64, nodes int) Graph {
	r := rand.New(rand.NewPCG(seed, 1))
	g := Graph{Title: fmt.Sprint("random ", seed)}
	for i := range nodes {
		n := GraphNode{Name: fmt.Sprint("node", i), Value: "norm 1.23", Gradient: "[0.1 −0.2 0.3]", Kind: GraphKind(r.IntN(2))}
		if i >= 3 {
			n.Kind, n.Detail = GraphComputed, "sum 3"
			for range 1 + r.IntN(3) {
				g.Edges = append(g.Edges, GraphEdge{From: r.IntN(i), To: i, Gradient: "norm 4.56"})
			}
		}
		g.Nodes = append(g.Nodes, n)
	}
	return g
}

func placed(t *testing.T, g Graph) *graphPicture {
	t.Helper()
	p, err := newGraphPicture(g)
	if err != nil {
		t.Fatal(err)
	}
	p.place()
	return p
}

// TestGraphLayout checks what makes a drawing legible: edges lead to the right, and nothing lies on something else or
// outside of the figure.
func TestGraphLayout(t *testing.T) {
	graphs := []Graph{lecture(), {Title: "alone", Nodes: []GraphNode{{Name: "x"}}}}
	for seed := range uint64(20) {
		graphs = append(graphs, randomGraph(seed, 3+int(seed)))
	}
	for _, g := range graphs {
		t.Run(g.Title, func(t *testing.T) {
			p := placed(t, g)
			for i, curve := range p.curves(vg.Point{}) {
				for _, piece := range curve.pieces {
					if !(piece.to.X > piece.from.X+minLayerGap/2) {
						t.Errorf("edge %d leads from x = %v to %v", i, piece.from.X, piece.to.X)
					}
				}
			}
			var boxes []vg.Rectangle
			for i, it := range p.items {
				width := vg.Length(0)
				if it.node >= 0 {
					width = p.boxes[i].width
				}
				x := p.left[it.layer] + p.widths[it.layer]/2
				box := vg.Rectangle{Min: vg.Point{X: x - width/2, Y: it.y - it.below}, Max: vg.Point{X: x + width/2, Y: it.y + it.above}}
				if size := p.size(); box.Min.X < 0 || box.Min.Y < -1e-6 || box.Max.X > size.X || box.Max.Y > p.height+1e-6 {
					t.Errorf("item %d lies at %v in a graph of height %v", i, box, p.height)
				}
				for k, other := range boxes {
					if p.items[k].layer == it.layer && box.Min.Y < other.Max.Y-1e-6 && other.Min.Y < box.Max.Y-1e-6 {
						t.Errorf("items %d and %d of layer %d lie on each other: %v, %v", k, i, it.layer, other, box)
					}
				}
				boxes = append(boxes, box)
			}
		})
	}
}

// TestGraphHasNoNeedlessCrossings orders a graph that is given so that every edge crosses another.
func TestGraphHasNoNeedlessCrossings(t *testing.T) {
	g := Graph{Title: "crossed"}
	for i := range 12 {
		g.Nodes = append(g.Nodes, GraphNode{Name: fmt.Sprint(i)})
		if i >= 6 {
			g.Edges = append(g.Edges, GraphEdge{From: 11 - i, To: i})
		}
	}
	p, err := newGraphPicture(g)
	if err != nil {
		t.Fatal(err)
	}
	if n := p.crossings(); n != 15 {
		t.Errorf("it is given with %d crossings, want 15", n)
	}
	p.place()
	if n := p.crossings(); n != 0 {
		t.Errorf("%d edges cross", n)
	}
	if p := placed(t, lecture()); p.crossings() != 0 {
		t.Errorf("edges of the lecture's graph cross %d times", p.crossings())
	}
}

func TestMonotone(t *testing.T) {
	for _, tt := range []struct{ x, weights, want []float64 }{
		{nil, nil, nil},
		{[]float64{1, 2, 4}, []float64{1, 1, 1}, []float64{1, 2, 4}},
		{[]float64{3, 1}, []float64{1, 1}, []float64{2, 2}},
		{[]float64{3, 1}, []float64{3, 1}, []float64{2.5, 2.5}},
		{[]float64{5, 4, 3, 9}, []float64{1, 1, 1, 1}, []float64{4, 4, 4, 9}},
	} {
		if got := monotone(tt.x, tt.weights); !slices.Equal(got, tt.want) {
			t.Errorf("%v with weights %v: got %v, want %v", tt.x, tt.weights, got, tt.want)
		}
	}
}

// TestDrawGraph draws with -samples DIR, to look at; and checks that the words are in the file, and that the same graph
// gives the same bytes.
func TestDrawGraph(t *testing.T) {
	dir := t.TempDir()
	if *samples != "" {
		dir = *samples
	}
	for name, g := range map[string]Graph{"graph-lecture": lecture(), "graph-random": randomGraph(3, 25)} {
		files, err := DrawGraph(filepath.Join(dir, name), g, Options{})
		if err != nil || len(files) != 2 {
			t.Fatalf("%s: %v, %v", name, files, err)
		}
		again, err := DrawGraph(filepath.Join(t.TempDir(), name), g, Options{})
		if err != nil {
			t.Fatal(err)
		}
		for i := range files {
			a, b := readFile(t, files[i]), readFile(t, again[i])
			if !bytes.Equal(a, b) {
				t.Errorf("%s: two drawings differ", files[i])
			}
			if strings.HasSuffix(files[i], ".svg") {
				for _, n := range g.Nodes {
					if !bytes.Contains(a, []byte(">"+n.Name+"<")) {
						t.Errorf("%s: it lacks %s", files[i], n.Name)
					}
				}
			}
		}
	}
}

func readFile(t *testing.T, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestDrawGraphErrors(t *testing.T) {
	cycle := Graph{Title: "circle", Nodes: []GraphNode{{Name: "a"}, {Name: "b"}}, Edges: []GraphEdge{{0, 1, ""}, {1, 0, ""}}}
	for want, g := range map[string]Graph{
		"form a cycle": cycle,
		"a graph has between 1 and 60 nodes to be drawn, not 0":  {},
		"a graph has between 1 and 60 nodes to be drawn, not 61": {Nodes: make([]GraphNode, 61)},
		"has an edge from node 0 to node 1 of 1":                 {Nodes: make([]GraphNode, 1), Edges: []GraphEdge{{0, 1, ""}}},
	} {
		if _, err := DrawGraph(filepath.Join(t.TempDir(), "graph"), g, Options{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}
