// Package watching carries out /mailwatch and the looks that it asks for: a look diagnoses the domain, package watch
// tells what of it is news, and here the news become a message for the channel that asked.
//
// What may enter: what is done when a look or an announcement is due. Which differences are news is decided by watch
// and feeds.
package watching
