// Package health asks a bot on the same machine whether it is alive. A container holds the program alone, without shell or
// curl, so the program probes itself: `signpost health` asks /healthz where `signpost serve` listens.
package health
