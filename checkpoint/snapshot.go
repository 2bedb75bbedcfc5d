package checkpoint

// A Snapshot is everything that one checkpoint holds.
type Snapshot struct {
	Config  Config
	State   State
	Tensors []Tensor // written and read back in this order
}

// The roles that a tensor can have.
const (
	Param = "param" // trained by the optimizer
	Slot  = "slot"  // memory of the optimizer, such as a momentum
	Aux   = "state" // memory of a layer that is not trained, such as running statistics
	Meter = "meter" // what was measured: the sums of the epoch so far, the evaluations that schedules watch
)

// A Tensor is a named array of numbers.
type Tensor struct {
	Name  string // unique in the snapshot; 1 to 256 of A-Z a-z 0-9 _ . / -, without ".." and without a leading slash
	Role  string // Param, Slot, Aux or Meter
	DType DType
	Shape []int  // at most 8 dimensions, none negative; empty for a single number
	Data  []byte // the elements in row-major order, each little-endian
}

// TensorInfo describes a stored tensor without its data.
type TensorInfo struct {
	Name   string
	Role   string
	DType  DType
	Shape  []int
	Bytes  int64
	CRC32C uint32 // of the whole data, derived from the checksums of the blocks
}

// Config says what the run was started with: enough to tell on resume what has changed.
type Config struct {
	Text          string // the resolved experiment, as YAML
	SHA256        string // of Text, in lower-case hexadecimal; Write computes it where it is empty
	Strata        string // version of Strata
	Go            string // version of Go that built the binary
	GOOS          string
	GOARCH        string
	Kernel        string        // kernel family: the same family gives the same bits
	Modules       []Module      // the modules that the parts came from
	Data          []Fingerprint // the files that the run reads
	Preprocessing []byte        // what the data source fitted on the training data, as JSON
}

// A Module is a Go module built into the binary.
type Module struct {
	Path, Version string
}

// A Fingerprint identifies the content of a data file.
type Fingerprint struct {
	Path   string
	Bytes  int64
	SHA256 string // lower-case hexadecimal
	Rows   int64
}

// State is the progress of the run when the snapshot was taken.
type State struct {
	Step       int64  // optimization steps finished
	Epoch      int64  // epochs finished
	Position   int64  // examples of the current epoch that were used
	Seed       uint64 // what all random numbers of the run are derived from
	Best       *BestState
	EarlyStop  *EarlyStopState
	LogOffset  int64  // length in bytes of the metrics log that belongs to the snapshot
	LogCRC     uint32 // CRC-32C of those bytes
	Finished   bool   // nothing is left to train
	StopReason string // why a finished run ended, in words; empty in a run under way
}

// BestState is the best evaluation so far.
type BestState struct {
	Metric string
	Value  float64
	Step   int64
	Epoch  int64
}

// EarlyStopState is the memory of early stopping.
type EarlyStopState struct {
	Metric string
	Best   float64
	Waited int64 // evaluations since the best one
}
