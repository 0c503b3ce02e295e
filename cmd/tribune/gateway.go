package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"

	"github.com/tribunebot/tribune/config"
)

// gatewayCmd serves the models and nothing else. Its flags are LiteLLM's.
type gatewayCmd struct {
	Config        string `help:"LiteLLM file: model list and router settings (LITELLM_CONFIG)." placeholder:"FILE"`
	Host          string `help:"Address to listen at; default that of TRIBUNE_HTTP_ADDR." placeholder:"HOST"`
	Port          string `help:"Port to listen at; default that of TRIBUNE_HTTP_ADDR. 0: a free one." placeholder:"PORT"`
	DetailedDebug bool   `name:"detailed_debug" aliases:"debug" help:"Log everything."`
	NumWorkers    int    `name:"num_workers" help:"Accepted for LiteLLM's sake: one process uses all processors." placeholder:"N"`
}

// Run serves until ctx is done.
func (cmd *gatewayCmd) Run(ctx context.Context, s streams) error {
	o, err := cmd.options()
	if err != nil {
		return err
	}
	if cmd.NumWorkers > 0 {
		fmt.Fprintln(s.Err, "tribune: --num_workers is not needed: one process uses all processors")
	}
	c, err := loadConfigWith(s, o)
	if err != nil {
		return err
	}
	return serve(ctx, s, c, Parts{TerminalOnly: true, GatewayOnly: true}, func(ctx context.Context, app *App, base string) error {
		return app.welcomeGateway(s, base)
	})
}

// options are the flags as settings.
func (cmd *gatewayCmd) options() (config.Options, error) {
	over := map[string]string{}
	if cmd.Config != "" {
		over["LITELLM_CONFIG"] = cmd.Config
	}
	if cmd.DetailedDebug {
		over["TRIBUNE_LOG_LEVEL"] = "debug"
	}
	o := config.Options{Overrides: over}
	if cmd.Host == "" && cmd.Port == "" {
		return o, nil
	}
	host, port := cmd.Host, cmd.Port
	if port != "" {
		if n, err := strconv.Atoi(port); err != nil || n < 0 || n > 65535 {
			return o, usageError{fmt.Errorf("--port %q is no port: write a number from 0 to 65535", port)}
		}
	}
	if host == "" || port == "" {
		c, _ := config.Load(o) // what is wrong is told when all is read
		ownHost, ownPort, err := net.SplitHostPort(string(c.Server.Addr))
		if err == nil && host == "" {
			host = ownHost
		}
		if err == nil && port == "" {
			port = ownPort
		}
	}
	over["TRIBUNE_HTTP_ADDR"] = net.JoinHostPort(host, port)
	return o, nil
}

// welcomeGateway says where the gateway is and what it serves.
func (a *App) welcomeGateway(s streams, base string) error {
	w := englishGateway()
	if a.chinese() {
		w = chineseGateway()
	}
	_, err := fmt.Fprintf(s.Out, "\n%s\n  %s %s/v1\n  %s %s\n  %s %s\n\n", w.ready, w.address, base, w.models, a.models, w.key, keyPlace(a.Config))
	return err
}

type gatewayWords struct{ ready, address, models, key string }

func englishGateway() gatewayWords {
	return gatewayWords{
		ready: "The gateway is ready. Ctrl-C stops it.", address: "address:", models: "models: ", key: "key:    ",
	}
}

func chineseGateway() gatewayWords {
	return gatewayWords{ready: "网关已就绪，按 Ctrl-C 停止。", address: "地址：", models: "模型：", key: "密钥："}
}

// serve runs an App until ctx is done. ready is called once, when it is heard.
func serve(ctx context.Context, s streams, c *config.Config, parts Parts, ready func(ctx context.Context, app *App, base string) error) error {
	dir, at, err := hold(ctx, c.Server.DataDir)
	if errors.Is(err, errServed) {
		return fmt.Errorf("a server already runs on %s (process %d, %s): stop it first, or set TRIBUNE_DATA_DIR", c.Server.DataDir, at.PID, at.URL)
	}
	if err != nil {
		return err
	}
	modest()
	app, err := NewApp(ctx, c, dir, newLogger(s.Err, c.Server), parts)
	if err != nil {
		return err
	}
	app.modest = true
	err = app.Serve(ctx, func(ctx context.Context, base string) error {
		trimProgram()
		return ready(ctx, app, base)
	})
	return errors.Join(err, app.closeSoon(ctx))
}
