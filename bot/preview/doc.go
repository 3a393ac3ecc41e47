// Package preview shows what Slack would show: messages, modals and a person's page as HTML, made from the blocks that
// the bot sends, so that an answer can be looked at without a workspace.
//
// Ask carries out a line as the bot would and gives its surfaces; Page and Picture draw them. What a stranger wrote
// becomes text alone: everything is escaped where it is written, and no link, image or script is ever loaded: the
// pictures that an answer carries are drawn here and stand in the page.
//
// How blocks are written: https://docs.slack.dev/reference/block-kit and
// https://docs.slack.dev/messaging/formatting-message-text.
//
// What may enter: how a block looks. What stands in it is rendered by blockkit.
package preview
