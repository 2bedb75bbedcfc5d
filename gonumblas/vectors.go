package gonumblas

import "github.com/strata-ml/strata/internal/kernel"

// Saxpy computes y += alpha·x over n elements.
func (i Implementation) Saxpy(n int, alpha float32, x []float32, incX int, y []float32, incY int) {
	if incX != 1 || incY != 1 {
		i.Implementation.Saxpy(n, alpha, x, incX, y, incY)
		return
	}
	i.Implementation.Saxpy(n, 0, x, incX, y, incY) // checks the arguments only
	if alpha != 0 {
		kernel.Axpy(alpha, x[:n], y[:n])
	}
}

// Daxpy computes y += alpha·x over n elements.
func (i Implementation) Daxpy(n int, alpha float64, x []float64, incX int, y []float64, incY int) {
	if incX != 1 || incY != 1 {
		i.Implementation.Daxpy(n, alpha, x, incX, y, incY)
		return
	}
	i.Implementation.Daxpy(n, 0, x, incX, y, incY) // checks the arguments only
	if alpha != 0 {
		kernel.Axpy(alpha, x[:n], y[:n])
	}
}

// Sdot returns Σ x·y over n elements, in chains of float32.
func (i Implementation) Sdot(n int, x []float32, incX int, y []float32, incY int) float32 {
	if incX != 1 || incY != 1 || n < 1 || n > len(x) || n > len(y) {
		return i.Implementation.Sdot(n, x, incX, y, incY)
	}
	return kernel.Dot(x[:n], y[:n])
}

// Ddot returns Σ x·y over n elements, in chains of float64.
func (i Implementation) Ddot(n int, x []float64, incX int, y []float64, incY int) float64 {
	if incX != 1 || incY != 1 || n < 1 || n > len(x) || n > len(y) {
		return i.Implementation.Ddot(n, x, incX, y, incY)
	}
	return kernel.Dot(x[:n], y[:n])
}

// Sscal computes x *= alpha over n elements. An alpha of 0 clears x whatever it holds, as gonum's does.
func (i Implementation) Sscal(n int, alpha float32, x []float32, incX int) {
	if incX != 1 || n < 1 || n > len(x) || alpha == 0 {
		i.Implementation.Sscal(n, alpha, x, incX)
		return
	}
	kernel.Scale(alpha, x[:n])
}

// Dscal computes x *= alpha over n elements. An alpha of 0 clears x whatever it holds, as gonum's does.
func (i Implementation) Dscal(n int, alpha float64, x []float64, incX int) {
	if incX != 1 || n < 1 || n > len(x) || alpha == 0 {
		i.Implementation.Dscal(n, alpha, x, incX)
		return
	}
	kernel.Scale(alpha, x[:n])
}
