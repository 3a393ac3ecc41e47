// Package blockkit renders Replies as Slack blocks, within every limit that Slack sets, whatever their size.
//
// All that a Reply says is escaped here: a DNS record that holds <!channel> notifies nobody. What does not fit into a
// message is left out at a section's end, and the caller is told, so that it can offer the whole in a modal, page by
// page.
//
// Limits: https://docs.slack.dev/reference/block-kit/blocks and https://docs.slack.dev/reference/views.
//
// What may enter: blocks and their limits. Which Reply is made is known below, when it is sent above.
package blockkit
