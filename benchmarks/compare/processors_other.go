//go:build !linux

package main

// keepTo does nothing where a process cannot be kept to some processors.
func keepTo(int) error { return nil }
