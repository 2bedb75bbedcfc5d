// Command strata trains neural networks from YAML experiments. A binary with layers of your own is these lines and one
// more import.
package main

import (
	"github.com/strata-ml/strata/cmd"
	_ "github.com/strata-ml/strata/standard"
)

func main() { cmd.Main() }
