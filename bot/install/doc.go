// Package install keeps the app's installations in many workspaces, and gives the two pages by which a workspace gets
// one: /slack/install and /slack/oauth_redirect (OAuth 2.0 as Slack has it, v2).
//
// A token is a password to a workspace. It stands in Redis sealed with a key that only the environment has
// (AES-256-GCM), bound to the workspace that it belongs to: whoever can read or write Redis can neither use one nor
// give a workspace the token of another.
//
// What may enter: how a workspace comes to its token, and how the token is kept and renewed.
package install
