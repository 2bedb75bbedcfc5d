package checkpoint

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math"
)

func (c *Config) toBody() (*confBody, error) {
	hash := hashOf(c.Text)
	if c.SHA256 != "" && c.SHA256 != hash {
		return nil, fmt.Errorf("config: SHA-256 of the text is %s, not %s", hash, c.SHA256)
	}
	b := &confBody{
		Data:          make(list[fileBody, *fileBody], len(c.Data)),
		Go:            c.Go,
		GOARCH:        c.GOARCH,
		GOOS:          c.GOOS,
		Kernel:        c.Kernel,
		Modules:       make(list[moduleBody, *moduleBody], len(c.Modules)),
		Preprocessing: append([]byte{}, c.Preprocessing...),
		SHA256:        hash,
		Strata:        c.Strata,
		Text:          c.Text,
	}
	for i, d := range c.Data {
		b.Data[i] = fileBody{Bytes: d.Bytes, Path: d.Path, Rows: d.Rows, SHA256: d.SHA256}
		if err := b.Data[i].check(); err != nil {
			return nil, fmt.Errorf("config: %w", err)
		}
	}
	for i, m := range c.Modules {
		b.Modules[i] = moduleBody(m)
		if err := b.Modules[i].check(); err != nil {
			return nil, fmt.Errorf("config: %w", err)
		}
	}
	return b, nil
}

func (b *confBody) toConfig() (Config, error) {
	c := Config{
		Text: b.Text, SHA256: b.SHA256, Strata: b.Strata, Go: b.Go, GOOS: b.GOOS, GOARCH: b.GOARCH, Kernel: b.Kernel,
	}
	for _, m := range b.Modules {
		c.Modules = append(c.Modules, Module(m))
	}
	for _, d := range b.Data {
		c.Data = append(c.Data, Fingerprint{Path: d.Path, Bytes: d.Bytes, SHA256: d.SHA256, Rows: d.Rows})
	}
	if len(b.Preprocessing) > 0 {
		c.Preprocessing = b.Preprocessing
	}
	if hash := hashOf(b.Text); b.SHA256 != hash {
		return Config{}, fmt.Errorf("SHA-256 of the text is %s, not %q", hash, b.SHA256)
	}
	return c, nil
}

func hashOf(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

func (s *State) toBody() (*statBody, error) {
	b := &statBody{
		Epoch: s.Epoch, Finished: s.Finished, LogCRC: int64(s.LogCRC), LogOffset: s.LogOffset, Position: s.Position,
		Seed: s.Seed, Step: s.Step, StopReason: s.StopReason,
	}
	if s.Best != nil {
		b.Best = &bestBody{Epoch: s.Best.Epoch, Metric: s.Best.Metric, Step: s.Best.Step, Value: s.Best.Value}
	}
	if s.EarlyStop != nil {
		b.EarlyStop = &earlyBody{Best: s.EarlyStop.Best, Metric: s.EarlyStop.Metric, Waited: s.EarlyStop.Waited}
	}
	return b, b.check()
}

func (b *statBody) toState() State {
	s := State{
		Step: b.Step, Epoch: b.Epoch, Position: b.Position, Seed: b.Seed, LogOffset: b.LogOffset, LogCRC: uint32(b.LogCRC),
		Finished: b.Finished, StopReason: b.StopReason,
	}
	if b.Best != nil {
		s.Best = &BestState{Metric: b.Best.Metric, Value: b.Best.Value, Step: b.Best.Step, Epoch: b.Best.Epoch}
	}
	if b.EarlyStop != nil {
		s.EarlyStop = &EarlyStopState{Metric: b.EarlyStop.Metric, Best: b.EarlyStop.Best, Waited: b.EarlyStop.Waited}
	}
	return s
}

func (b *statBody) check() error {
	switch {
	case min(b.Step, b.Epoch, b.Position, b.LogOffset) < 0:
		return fmt.Errorf("state: negative count: step %d, epoch %d, position %d, log offset %d",
			b.Step, b.Epoch, b.Position, b.LogOffset)
	case b.LogCRC < 0 || b.LogCRC > math.MaxUint32:
		return fmt.Errorf("state: impossible log checksum %d", b.LogCRC)
	case b.Best != nil && min(b.Best.Step, b.Best.Epoch) < 0:
		return fmt.Errorf("state: negative count: best step %d, best epoch %d", b.Best.Step, b.Best.Epoch)
	case b.EarlyStop != nil && b.EarlyStop.Waited < 0:
		return fmt.Errorf("state: negative count: early stop waited %d", b.EarlyStop.Waited)
	}
	return nil
}
