// Package router chooses who answers: it is an llm.Model over many deployments.
package router
