package cli

import (
	"context"

	"signpost/bot/health"
)

type healthCmd struct {
	Listen string `placeholder:"ADDRESS" default:":8080" env:"SIGNPOST_LISTEN" help:"Where the bot listens."`
}

func (c *healthCmd) Run(ctx context.Context) error { return health.Probe(ctx, c.Listen) }
