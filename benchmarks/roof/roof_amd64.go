package roof

// chains512 runs 12 independent chains of multiply-adds on AVX-512 registers. 12 are more than the two units of a
// processor times their latency of four.
func chains512(turns int)

// chains256 does so on AVX2 registers.
func chains256(turns int)
