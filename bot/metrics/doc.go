// Package metrics counts what the bot does, and tells it to Prometheus: deliveries and their acknowledgements, jobs,
// checks, DNS questions, calls of Slack, limits that were hit, and at each scrape the lanes, the cases and Redis's
// memory.
//
// No label holds a domain, a person or a channel. Each label has few values: what comes from elsewhere passes a bound,
// behind which everything is "other".
//
// What may enter: a number with a name and labels that are bounded.
package metrics
