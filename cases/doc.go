// Package cases is the casebook in Redis: what a team's people asked, agreed and did about their mail, from the first question to the review.
//
// Every key of one workspace shares a hash tag, so that a script may touch several of them on a Cluster too, and no question can reach another
// workspace's records. What must not be half done is one script. Readers tolerate records of older versions.
package cases
