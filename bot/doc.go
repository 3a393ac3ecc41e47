// Package bot is Signpost in Slack: it takes what people ask over Socket Mode or signed HTTP, makes it durable,
// acknowledges it, and lets bounded workers answer it, once.
//
// The path of a request: a delivery (socket.go, http.go) becomes a request with an identity (intake.go); the queue
// (bot/jobs) stores it before Slack gets its acknowledgement; a worker (work.go) runs the command; its Replies go
// through a responder (responder.go), which keeps one message up to date and survives a crash, rendered by
// bot/blockkit.
//
// What may enter: what Slack asks for: how it delivers, what it must be answered, where an answer goes. What is
// answered stands in commands.
package bot
