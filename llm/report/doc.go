// Package report tells others of model calls.
package report
