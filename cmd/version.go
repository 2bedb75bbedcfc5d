package cmd

import (
	"fmt"
	"runtime"

	"github.com/spf13/cobra"
	"github.com/strata-ml/strata/experiment"
	"github.com/strata-ml/strata/tensor"
)

// A version is what version --json prints.
type version struct {
	Strata   string `json:"strata"`
	Go       string `json:"go"`
	Platform string `json:"platform"`
	Kernel   string `json:"kernel"`
}

func (p *program) versionVerb() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:   "version [flags]",
		Short: "Show the version",
		Long: `Show the version of Strata, of Go, the platform, and the family of the kernels: the
same binary with the same family computes the same bits.`,
		Example: `  strata version
  strata version --json`,
		Args: arguments(0, 0, "no argument"),
		RunE: func(*cobra.Command, []string) error {
			v := version{experiment.Version(), runtime.Version(), runtime.GOOS + "/" + runtime.GOARCH, tensor.KernelFamily()}
			if asJSON {
				return writeJSON(p.stdout, v)
			}
			_, err := fmt.Fprintf(p.stdout, "strata %s, %s, %s, %s kernels\n", v.Strata, v.Go, v.Platform, v.Kernel)
			return err
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print one JSON document")
	return c
}
