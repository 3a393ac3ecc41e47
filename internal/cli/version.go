package cli

import (
	"fmt"
	"runtime/debug"

	"github.com/alecthomas/kong"
)

type versionCmd struct{}

func (versionCmd) Run(s *System) error {
	s.printVersion()
	return nil
}

// printVersion is the flag --version.
type printVersion bool

// BeforeReset prints the version in place of running a command.
func (printVersion) BeforeReset(app *kong.Kong, s *System) error {
	s.printVersion()
	app.Exit(0)
	return nil
}

func (s *System) printVersion() { fmt.Fprintln(s.Out, "signpost", s.version()) }

// version is the one that was given at the build, or that Go recorded.
func (s *System) version() string {
	v := s.Version
	if v == "" {
		v = "unknown"
		if info, ok := debug.ReadBuildInfo(); ok {
			v = info.Main.Version
			for _, kv := range info.Settings {
				if kv.Key == "vcs.revision" {
					v += " " + kv.Value
				}
			}
		}
	}
	return v
}
