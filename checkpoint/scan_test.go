package checkpoint

import (
	"bytes"
	"strings"
	"testing"
)

func TestScan(t *testing.T) {
	deep := func(n int) string { return strings.Repeat("\x91", n) + "\x01" }
	for _, b := range []string{
		"\x00", "\x7f", "\xe0", "\xff", "\xc2", "\xc3", "\xca1234", "\xcb12345678",
		"\xcc1", "\xcd12", "\xce1234", "\xcf12345678", "\xd01", "\xd112", "\xd21234", "\xd312345678",
		"\xa0", "\xa3abc", "\xd9\x01a", "\xda\x00\x01a", "\xdb\x00\x00\x00\x01a", "\xa2\xc3\xa4",
		"\xc4\x01\xff", "\xc5\x00\x01\xff", "\xc6\x00\x00\x00\x01\xff",
		"\x80", "\x90", "\x92\x01\x02", "\xdc\x00\x01\x01", "\xdd\x00\x00\x00\x01\x01",
		"\x82\xa1a\x01\xa1b\x90", "\xde\x00\x01\xa0\x80", "\xdf\x00\x00\x00\x00",
		"\x82\xa1a\x81\xa1z\x01\xa1b\x02", "\x92\x92\x01\x90\x91\x80", deep(maxDepth),
	} {
		if err := scan([]byte(b)); err != nil {
			t.Errorf("%q: %v", b, err)
		}
		for n := range b {
			if scan([]byte(b[:n])) == nil {
				t.Errorf("%q: no error for the first %d bytes", b, n)
			}
		}
		if scan([]byte(b+"\x00")) == nil {
			t.Errorf("%q: no error for a byte more", b)
		}
	}
	for want, b := range map[string]string{
		"type 0xc0":                        "\xc0",
		"type 0xc1":                        "\xc1",
		"type 0xc7":                        "\xc7\x00\x01",
		"type 0xd4":                        "\xd4\x01\x00",
		"nested deeper":                    deep(maxDepth + 1),
		"not a string":                     "\x81\x01\x01",
		"is not after \"a":                 "\x82\xa1a\x01\xa1a\x02",
		"is not after \"b":                 "\x82\xa1b\x01\xa1a\x02",
		"not UTF-8":                        "\xa1\xff",
		"3 objects":                        "\x93\x01\x02",
		"8 objects":                        "\x84\xa1a\x01\xa1b\x01",
		"5 bytes declared":                 "\xa5abcd",
		"is cut short":                     "\xcd1",
		"object is cut":                    "\xda\x00",
		"elements declared, at most 65536": "\xdd\x00\x01\x00\x01" + strings.Repeat("\x01", maxElements+1),
	} {
		if err := scan([]byte(b)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error is %v, want one with %q", b, err, want)
		}
	}
}

func TestScanDoesNotAllocate(t *testing.T) {
	b := append([]byte{0xdd, 0, 1, 0, 0}, bytes.Repeat([]byte("\x82\xa1a\x01\xa1b\x90"), 1<<16)...)
	if n := testing.AllocsPerRun(5, func() {
		if err := scan(b); err != nil {
			t.Fatal(err)
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
