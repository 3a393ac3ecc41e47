// Signpost diagnoses business mail in team chat: what is wrong, who has to act, and the exact record to publish.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"signpost/internal/cli"
)

// version is set when a container is built: its sources hold no history.
var version string

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	interrupt := make(chan os.Signal, 1)
	signal.Notify(interrupt, os.Interrupt)
	code := cli.Run(ctx, cli.System{
		In: os.Stdin, Out: os.Stdout, Err: os.Stderr, Interrupt: interrupt, Version: version,
	}, os.Args[1:])
	stop()
	os.Exit(code)
}
