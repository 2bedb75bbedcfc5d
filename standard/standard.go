// Package standard registers every built-in part. Import it for its effect, beside the packages of your own parts:
//
//	import (
//		"github.com/strata-ml/strata/cmd"
//		_ "github.com/strata-ml/strata/standard"
//		_ "example.com/you/yourlayers"
//	)
//
//	func main() { cmd.Main() }
package standard

import (
	_ "github.com/strata-ml/strata/data"     // data sources
	_ "github.com/strata-ml/strata/layers"   // layers and initializers
	_ "github.com/strata-ml/strata/loss"     // losses
	_ "github.com/strata-ml/strata/optim"    // optimizers and regularizers
	_ "github.com/strata-ml/strata/schedule" // schedules
	_ "github.com/strata-ml/strata/train"    // metrics
)
