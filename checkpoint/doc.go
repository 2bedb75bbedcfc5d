// Package checkpoint writes, reads, checks and keeps the files that a training run can be continued from.
//
// A checkpoint is a [Snapshot]: named tensors as raw bytes, the [State] of the run, and the [Config] it was started
// with. The package knows bytes and names. What a tensor means, and which ones make up a model, the caller knows.
//
// # Promises
//
// [Save] returns nil only when the file is durable, and a crash at any instant leaves the old files as they were.
// [Open] reads little more than the index; [File.ReadTensor] reads one tensor. Each byte of a file is covered by a
// checksum or has only one legal value, so damage is always found, and the [CorruptError] names the section, or the tensor
// and the block, where it is. A hostile file costs no more memory than about its own size and is refused with an error.
// [Latest] finds the newest file of a directory that is intact to the last byte.
//
// The byte format is documented in FORMAT.md, well enough to write a reader in another language. Every part of a file is
// plain msgpack.
package checkpoint
