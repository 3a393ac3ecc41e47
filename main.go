// Signpost diagnoses business mail in team chat.
package main

func main() {}
