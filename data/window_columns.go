package data

import (
	"fmt"
	"unicode"

	"github.com/strata-ml/strata/tensor"
)

// The classes of how a word is written. Their order is what a trained model goes by.
const (
	casePadding = iota
	caseLower   // all letters small
	caseTitle   // the first letter alone is a capital
	caseUpper   // all letters capitals, two or more
	caseMixed   // other letters
	caseNumber  // digits and no letters
	caseOther   // neither letters nor digits
	caseClasses
)

// caseOf returns how a word is written.
func caseOf(word string) int32 {
	letters, upper, lower, digits, first := 0, 0, 0, 0, false
	for _, r := range word {
		switch {
		case unicode.IsUpper(r) || unicode.IsTitle(r):
			first = first || letters == 0
			letters, upper = letters+1, upper+1
		case unicode.IsLetter(r): // those of scripts without capitals count as small
			letters, lower = letters+1, lower+1
		case unicode.IsDigit(r):
			digits++
		}
	}
	switch {
	case letters == 0 && digits > 0:
		return caseNumber
	case letters == 0:
		return caseOther
	case lower == letters:
		return caseLower
	case first && upper == 1:
		return caseTitle
	case upper == letters:
		return caseUpper
	}
	return caseMixed
}

// windowPlaces says where the windows of rows lie in an array that holds the words of each sentence between paddings of
// half a window.
type windowPlaces struct {
	window int
	size   int   // of the array
	words  []int // by row: its word in the tokens
	at     []int // by row: where its window begins in the array
	starts []int // first rows of the sentences
}

func placeWindows(t *tokens, sentences []int, window int) *windowPlaces {
	p := &windowPlaces{window: window, size: window / 2}
	for _, k := range sentences {
		p.starts = append(p.starts, len(p.at))
		for i := t.sentences[k].from; i < t.sentences[k].to; i++ {
			p.words, p.at = append(p.words, i), append(p.at, p.size-window/2)
			p.size++
		}
		p.size += window / 2
	}
	return p
}

// number returns the array with the number of each word.
func (p *windowPlaces) number(of func(word int) int32) []int32 {
	ids := make([]int32, p.size) // zeros are padding
	for row, word := range p.words {
		ids[p.at[row]+p.window/2] = of(word)
	}
	return ids
}

// windows is an index column of windows. Shape: [window].
type windows struct {
	spec   tensor.Spec
	places *windowPlaces
	ids    []int32
}

func (c *windows) Spec() tensor.Spec { return c.spec }

func (c *windows) Len() int { return len(c.places.at) }

func (c *windows) Float32([]float32, []int) { panic(notNumeric(c.spec)) }

func (c *windows) Float64([]float64, []int) { panic(notNumeric(c.spec)) }

func (c *windows) Int32(dst []int32, rows []int) {
	n := c.places.window
	for i, r := range rows {
		copy(dst[i*n:(i+1)*n], c.ids[c.places.at[r]:])
	}
}

// windowNumbers is a numeric column of windows. Shape: [window width].
type windowNumbers struct {
	spec   tensor.Spec
	places *windowPlaces
	width  int
	values []float64 // [size width]
}

// numbers returns the column of the numbers in tokens.
func (p *windowPlaces) numbers(t *tokens, fitted []fittedNumber) (Column, error) {
	k := len(fitted)
	c := &windowNumbers{tensor.Spec{Name: "numbers", Shape: tensor.Shape{p.window, k}}, p, k, make([]float64, p.size*k)}
	for row, word := range p.words {
		for j, n := range fitted {
			v, err := n.transform(t.numbers[j][word])
			if err != nil {
				return nil, fmt.Errorf("%s:%d: %w", t.path, t.lines[word], err)
			}
			c.values[(p.at[row]+p.window/2)*k+j] = v
		}
	}
	return c, nil
}

func (c *windowNumbers) Spec() tensor.Spec { return c.spec }

func (c *windowNumbers) Len() int { return len(c.places.at) }

func (c *windowNumbers) Float32(dst []float32, rows []int) { gatherWindows(c, dst, rows) }

func (c *windowNumbers) Float64(dst []float64, rows []int) { gatherWindows(c, dst, rows) }

func (c *windowNumbers) Int32([]int32, []int) { panic(notIndex(c.spec)) }

func gatherWindows[T tensor.Float](c *windowNumbers, dst []T, rows []int) {
	n := c.places.window * c.width
	for i, r := range rows {
		for j, v := range c.values[c.places.at[r]*c.width:][:n] {
			dst[i*n+j] = T(v)
		}
	}
}
