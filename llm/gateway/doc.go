// Package gateway is the router's HTTP face.
package gateway
