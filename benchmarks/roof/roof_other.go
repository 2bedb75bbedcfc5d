//go:build !amd64

package roof

func chains512(int) {}

func chains256(int) {}
