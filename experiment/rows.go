package experiment

import (
	"errors"
	"fmt"
	"strconv"

	"github.com/strata-ml/strata/model"
	"github.com/strata-ml/strata/optim"
	"github.com/strata-ml/strata/tensor"
	"github.com/strata-ml/strata/train"
)

// checkRowUpdates checks that it is clear what a step does to the rows of a table that its batch does not touch.
func checkRowUpdates[T tensor.Float](c *checker, m *model.Model[T]) {
	if c.config.Optimizer.IsZero() {
		return
	}
	for _, pattern := range c.config.frozen() {
		_ = freeze(m, []string{pattern}) // one that matches nothing is a problem already
	}
	if c.config.Averaging != nil {
		if err, ok := errors.AsType[*train.RowsError](train.CheckAveragedRows(m, c.config.Train.Rows)); ok {
			c.fail(c.at("averaging"), fmt.Sprintf("averaging: %v", err), err.Remedy())
		}
	}
	penalties, places := penaltiesOf[T](c.config)
	err, ok := errors.AsType[*train.RowsError](train.CheckRows(m, optim.Make[T](c.config.Optimizer.New()), penalties, c.config.Train.Rows))
	switch {
	case !ok:
	case err.Regularizer >= 0:
		i := places[err.Regularizer]
		c.fail(c.at("regularizers", strconv.Itoa(i)), fmt.Sprintf("regularizers: %s: %v", c.config.Regularizers[i].Part.Name, err), err.Remedy())
	default:
		c.fail(c.at("optimizer"), fmt.Sprintf("optimizer: %s: %v", c.config.Optimizer.Name, err), err.Remedy())
	}
}

// penaltiesOf returns the penalties of a configuration, and the place of each in its list: those that could not be
// decoded are left out.
func penaltiesOf[T tensor.Float](c *Config) (list []train.Penalty[T], places []int) {
	for i, r := range c.Regularizers {
		if !r.Part.IsZero() {
			list = append(list, train.Penalty[T]{Regularizer: optim.MakeRegularizer[T](r.Part.New()), Params: r.Params, Nodes: r.Nodes})
			places = append(places, i)
		}
	}
	return list, places
}
