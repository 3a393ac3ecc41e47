// Package when reads times as people write them, in English and Chinese: times to come ("tomorrow 9:00", 明天下午3点半), times that are over ("20 min ago"), and days.
//
// What may mean two times is refused rather than guessed: a reminder at the wrong hour is worse than a question.
package when
