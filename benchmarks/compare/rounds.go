package main

import (
	"fmt"
	"os"
	"time"

	"github.com/strata-ml/strata/benchmarks/report"
	"github.com/strata-ml/strata/benchmarks/roof"
)

// A pairing is our side and the peers of one piece of work.
type pairing struct {
	name    string
	threads int
	ours    *side
	peers   []*side
	roof    bool // measure the roof of multiply-adds in each round
}

// roofTime is how long the roof is measured in each round.
const roofTime = 50 * time.Millisecond

// run asks all sides in turn, round after round. A first round, which loads and compiles what the sides need, does not
// count.
func (p *pairing) run(rounds int, warmup, request string) (report.Comparison, error) {
	if _, err := p.round(warmup); err != nil {
		return report.Comparison{}, err
	}
	var all []report.Round
	for range rounds {
		r, err := p.round(request)
		if err != nil {
			return report.Comparison{}, err
		}
		all = append(all, r)
	}
	c := report.Compare(p.name, p.threads, all)
	fmt.Fprintf(os.Stderr, "%-12s %d threads  %10.4f ms against %10.4f ms  ratio %.2f (%.2f to %.2f)  %s\n",
		c.Case, c.Threads, c.Ours, c.Theirs, c.Ratio, c.Low, c.High, c.Peer)
	return c, nil
}

func (p *pairing) round(request string) (report.Round, error) {
	r := report.Round{Peers: map[string]report.Sample{}}
	var err error
	if p.roof {
		r.Roof = roof.GFLOPS(p.threads, roofTime)
	}
	if r.Ours, err = p.ours.ask(request); err != nil {
		return r, err
	}
	for _, peer := range p.peers {
		if r.Peers[peer.name], err = peer.ask(request); err != nil {
			return r, err
		}
	}
	return r, nil
}

// close ends all sides.
func (p *pairing) close() {
	if p.ours != nil {
		p.ours.close()
	}
	for _, peer := range p.peers {
		peer.close()
	}
}
