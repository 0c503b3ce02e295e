package report

import "github.com/tribunebot/tribune/llm/router"

// OfRouter turns a router's deployments into what MetricsOptions.Deployments
// shows. Tokens that remain are counted from those of this process: where several
// share a limit, less is left than is shown.
func OfRouter(list []router.State) []DeploymentState {
	states := make([]DeploymentState, len(list))
	for i, s := range list {
		states[i] = DeploymentState{
			ID: s.ID, Group: s.Group, Provider: s.Provider, Model: s.Name, APIBase: s.APIBase,
			State: stateOf(s.Health), RPM: s.Limits.RPM, TPM: s.Limits.TPM,
		}
		if s.Limits.TPM > 0 {
			states[i].RemainingTokens = new(s.Limits.TPM - s.Tokens)
		}
	}
	return states
}

func stateOf(h router.Health) int {
	switch h {
	case router.Healthy:
		return Healthy
	case router.Partial:
		return Partial
	default:
		return Down
	}
}
