package scheduletest

import "reflect"

// set copies a configuration, a struct, to the one that target points to. It panics where their types differ.
func set(target, config any) { reflect.ValueOf(target).Elem().Set(reflect.ValueOf(config)) }

// unitField returns the field Unit of a configuration, which may be lent by an embedded schedule.Timing.
func unitField(config any) (reflect.Value, bool) {
	v := reflect.ValueOf(config)
	if v.Kind() == reflect.Pointer {
		v = v.Elem()
	}
	f := v.FieldByName("Unit")
	return f, f.IsValid() && f.Kind() == reflect.String
}
