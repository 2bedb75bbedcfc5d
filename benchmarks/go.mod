module github.com/strata-ml/strata/benchmarks

go 1.26.0

require github.com/strata-ml/strata v0.0.0

require (
	github.com/agnivade/levenshtein v1.2.2 // indirect
	go.yaml.in/yaml/v4 v4.0.0 // indirect
	golang.org/x/sys v0.49.0 // indirect
)

replace github.com/strata-ml/strata => ../
