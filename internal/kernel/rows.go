package kernel

// AddRow computes y[i, j] += b[j] for every row i. Shapes: y [rows n], b [n].
func AddRow[T Float](y, b []T) {
	n := len(b)
	if n == 0 {
		return
	}
	if level == plain {
		addRowPlain(y, b)
		return
	}
	if n < narrowRow && len(y) >= Lanes*n {
		addNarrowRow(y, b)
		return
	}
	rows, block := len(y)/n, max(1, piece/n)
	for ; rows > block; rows -= block {
		addRowVector(y, b, block)
		y = y[block*n:]
	}
	addRowVector(y, b, rows)
}

// narrowRow bounds the rows that are added several at a time. A vector that holds part of a row is stored in part, and
// what follows it waits for the store.
const narrowRow = 32

// addNarrowRow adds as many rows at a time as vectors have lanes.
func addNarrowRow[T Float](y, b []T) {
	var repeated [Lanes * narrowRow]T
	rows := repeated[:Lanes*len(b)]
	for done := copy(rows, b); done < len(rows); {
		done += copy(rows[done:], rows[:done])
	}
	for ; len(y) >= len(rows); y = y[len(rows):] {
		addVector(y, y[:len(rows)], rows)
	}
	addVector(y, y[:len(y)/len(b)*len(b)], rows)
}

func addRowPlain[T Float](y, b []T) {
	for n := len(b); len(y) >= n; y = y[n:] {
		addPlain(y[:n], y[:n], b)
	}
}

// SumRows computes db[j] += Σ_i dy[i, j], row after row. Shapes: dy [rows n], db [n].
func SumRows[T Float](db, dy []T) {
	n := len(db)
	if n == 0 {
		return
	}
	if level == plain {
		sumRowsPlain(db, dy)
		return
	}
	rows, block := len(dy)/n, max(1, piece/n)
	for ; rows > block; rows -= block {
		sumRowsVector(db, dy, block)
		dy = dy[block*n:]
	}
	sumRowsVector(db, dy, rows)
}

func sumRowsPlain[T Float](db, dy []T) {
	for n := len(db); len(dy) >= n; dy = dy[n:] {
		addPlain(db, db, dy[:n])
	}
}

// SumRowsOverwrite computes db[j] = Σ_i dy[i, j], whatever was in db: SumRows from 0.
func SumRowsOverwrite[T Float](db, dy []T) {
	clear(db)
	SumRows(db, dy)
}
