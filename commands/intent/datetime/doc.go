// Package datetime reads times as people write them: times to come ("tomorrow 9:00"), times that are over ("20 min
// ago"), and days.
//
// What may mean two times is refused rather than guessed: a reminder at the wrong hour is worse than a question. What
// times are called is data, a file a language under words; how they are put together is here. What may enter: the
// reading of times, and nothing of what they are for.
package datetime
