package checkpoint

import (
	"math/rand/v2"
	"testing"
)

func TestCRCIsCastagnoli(t *testing.T) {
	if got := crc32c([]byte("123456789")); got != 0xe3069283 { // the check value of CRC-32C
		t.Errorf("%#x", got)
	}
}

func TestJoinCRC(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	b := make([]byte, 5000)
	for i := range b {
		b[i] = byte(rng.Uint32())
	}
	for range 200 {
		cut, end := rng.IntN(2500), 2500+rng.IntN(2500)
		got := joinCRC(crc32c(b[:cut]), crc32c(b[cut:end]), int64(end-cut))
		if want := crc32c(b[:end]); got != want {
			t.Fatalf("%d + %d bytes: %#x, want %#x", cut, end-cut, got, want)
		}
	}
	if got := joinCRC(0x1234, 0, 0); got != 0x1234 {
		t.Errorf("nothing joined: %#x", got)
	}
}
