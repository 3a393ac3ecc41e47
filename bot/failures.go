package bot

import (
	"context"
	"errors"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"signpost/bot/jobs"

	"github.com/slack-go/slack"
)

// unserved reports that Slack has not taken what was sent: it was never sent, or Slack is in trouble.
func unserved(err error) bool {
	var status slack.StatusCodeError
	return errors.As(err, &status) && status.Code >= 500 || neverSent(err)
}

// refused reports that Slack has certainly not taken what was sent.
func refused(err error) bool {
	var status slack.StatusCodeError
	var limited *slack.RateLimitedError
	var number *strconv.NumError // a Retry-After that is none
	var said slack.SlackErrorResponse
	switch {
	case errors.As(err, &said):
		return !slackSaid(err, "internal_error", "fatal_error")
	case errors.As(err, &status), errors.As(err, &limited), errors.As(err, &number):
		return true
	}
	return neverSent(err)
}

// tooLong reports that Slack takes no message of this size.
func tooLong(err error) bool {
	return slackSaid(err, "msg_too_long", "msg_blocks_too_long", "invalid_blocks")
}

// limitedFor reports for how long Slack wants to be left in peace; whatever it says, within bounds.
func limitedFor(err error) (wait time.Duration, limited bool) {
	var r *slack.RateLimitedError
	var number *strconv.NumError
	var status slack.StatusCodeError
	switch {
	case errors.As(err, &r):
		wait = r.RetryAfter
	case errors.As(err, &number), slackSaid(err, "ratelimited", "rate_limited"),
		errors.As(err, &status) && status.Code == http.StatusTooManyRequests:
		wait = 2 * time.Second
	default:
		return 0, false
	}
	return min(max(wait, time.Second), time.Minute), true
}

// messageGone reports that the message to edit is no more.
func messageGone(err error) bool {
	return slackSaid(err, "message_not_found", "cant_update_message", "edit_window_closed")
}

// threadGone reports that the message under which something is said is no more.
func threadGone(err error) bool {
	return slackSaid(err, "thread_not_found", "message_not_found", "cannot_reply_to_message")
}

// cannotPost reports that the bot may not post in the channel.
func cannotPost(err error) bool {
	return slackSaid(err, "not_in_channel", "channel_not_found", "is_archived", "restricted_action",
		"restricted_action_read_only_channel",
		"restricted_action_thread_only_channel", "missing_scope", "no_permission")
}

func slackSaid(err error, words ...string) bool {
	var e slack.SlackErrorResponse
	if !errors.As(err, &e) {
		return false
	}
	return slices.Contains(words, e.Err)
}

// pause waits, or until ctx ends.
func pause(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}

// permanent reports that no later attempt can succeed.
func permanent(err error) bool {
	return errors.Is(err, errNowhere) || cannotPost(err) ||
		slackSaid(err, "invalid_blocks", "msg_too_long", "msg_blocks_too_long", "user_not_in_channel", "user_not_found") ||
		errors.Is(err, jobs.ErrGiveUp)
}

// tokenRefused reports that no retry can help: the token itself is refused.
func tokenRefused(err error) bool {
	var e slack.SlackErrorResponse
	if errors.As(err, &e) {
		err = errors.New(e.Err)
	}
	switch err.Error() {
	case "invalid_auth", "not_authed", "account_inactive", "token_revoked", "token_expired", "not_allowed_token_type",
		"org_login_required", "team_access_not_granted":
		return true
	}
	return false
}

// neverSent reports that no connection was made.
func neverSent(err error) bool {
	var op *net.OpError
	return errors.As(err, &op) && op.Op == "dial"
}

// errNowhere says that there is no place left where the answer could be said.
var errNowhere = errors.New("bot: no place for the answer")

// retryUnsent retries what certainly never reached Slack: a message that may have arrived is not sent twice.
type retryUnsent struct{}

func (retryUnsent) ShouldRetry(state *slack.RetryState, _ *http.Request, resp *http.Response, err error) (bool,
	time.Duration) {
	if err == nil || resp != nil || state.Attempt >= state.MaxRetries || !neverSent(err) {
		return false, 0
	}
	return true, state.Backoff.Duration()
}

// limitedBriefly waits out a rate limit of a few seconds in place; for a longer one the job goes back to the queue.
type limitedBriefly struct{}

func (limitedBriefly) ShouldRetry(state *slack.RetryState, _ *http.Request, resp *http.Response, _ error) (bool,
	time.Duration) {
	if resp == nil || resp.StatusCode != http.StatusTooManyRequests || state.Attempt >= state.MaxRetries {
		return false, 0
	}
	seconds, err := strconv.Atoi(strings.TrimSpace(resp.Header.Get("Retry-After")))
	if err != nil || seconds < 1 {
		seconds = 1
	}
	return seconds <= 3, time.Duration(seconds) * time.Second
}

// urlRetry says whether and when a post to a response_url is worth another attempt: it has no retries of its own.
func urlRetry(err error, attempt int) (time.Duration, bool) {
	limit, limited := limitedFor(err)
	switch {
	case err == nil || attempt >= 4:
		return 0, false
	case limited: // for longer than a few seconds the job goes back to the queue
		return limit, limit <= 3*time.Second
	case unserved(err):
		return time.Second << attempt, true
	}
	return 0, false
}
