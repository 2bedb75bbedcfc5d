// The command is strata with one layer more.
package main

import (
	_ "example.com/custom-layer/swish"
	"github.com/strata-ml/strata/cmd"
	_ "github.com/strata-ml/strata/standard"
)

func main() { cmd.Main() }
