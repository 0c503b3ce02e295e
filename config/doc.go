// Package config says what can be set and reads it: the environment, a .env in
// the working directory, and tribune.yaml. It imports nothing of ours, and it is
// the one package that reads the environment.
package config
