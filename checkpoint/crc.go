package checkpoint

import "hash/crc32"

const (
	blockSize  = 1 << 20 // bytes of tensor data under one checksum
	castagnoli = 0x82f63b78
	polyOne    = 1 << 31 // the polynomial 1: the register holds the coefficient of x^0 in its highest bit
)

var crcTable = crc32.MakeTable(castagnoli)

func crc32c(b []byte) uint32 { return crc32.Checksum(b, crcTable) }

// joinCRC returns the CRC-32C of a ‖ b from the checksums of a and of b and the length of b:
//
//	crc(a ‖ b) = crc(a)·x^(8·len b) + crc(b)   in GF(2)[x] modulo the Castagnoli polynomial
//
// so the checksum of a whole tensor needs neither its data nor a second pass (M. Adler, zlib crc32_combine).
func joinCRC(a, b uint32, lenB int64) uint32 {
	return multiply(a, powerOfX8(lenB)) ^ b
}

// multiply returns a·b modulo the Castagnoli polynomial.
func multiply(a, b uint32) uint32 {
	var p uint32
	for ; a != 0; a <<= 1 {
		if a&polyOne != 0 {
			p ^= b
		}
		carry := b & 1
		b >>= 1
		if carry != 0 {
			b ^= castagnoli
		}
	}
	return p
}

// powerOfX8 returns x^(8n) modulo the Castagnoli polynomial, by repeated squaring.
func powerOfX8(n int64) uint32 {
	p, square := uint32(polyOne), uint32(polyOne>>8)
	for ; n > 0; n >>= 1 {
		if n&1 != 0 {
			p = multiply(p, square)
		}
		square = multiply(square, square)
	}
	return p
}
