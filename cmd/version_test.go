package cmd

import (
	"runtime"
	"testing"
)

func TestVersion(t *testing.T) {
	wantAll(t, mustStrata(t, "version"), "strata ", runtime.Version(), runtime.GOOS+"/"+runtime.GOARCH, "kernels\n")
	var v version
	decodeOne(t, mustStrata(t, "version", "--json"), &v)
	if v.Strata == "" || v.Go != runtime.Version() || v.Kernel == "" {
		t.Errorf("got %+v", v)
	}
}
