// Package jobs keeps what was asked until it is answered: durable requests in Redis, executed by bounded workers, once
// each.
//
// The queue itself is asynq. What this package adds is what a chat bot needs beside it: an identity that makes a
// delivery twice one request, lanes in which workspaces and people are served evenly (lane.go), workers that are woken
// (wake.go), a note per job that survives a crash (where was the answer posted?), a quick rescue of the jobs of a
// process that died, and a small store in memory for the minutes in which Redis is away.
//
// What may enter: how a job waits, is taken, tried again and ends. What is in it is known above.
package jobs
