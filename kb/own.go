package kb

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"gopkg.in/yaml.v3"
)

const (
	maxOwnFiles = 500
	maxOwnSize  = 1 << 20 // octets of one file
	lookAgain   = time.Second
)

// readOwn puts an organisation's own files on top of the built-in ones. The error names the file, the line and the
// field of every fault.
func (b *Base) readOwn(dir string) error {
	names, err := ownFiles(dir)
	if err != nil {
		return err
	}
	var errs []error
	for _, name := range names {
		errs = append(errs, b.readOwnFile(name))
	}
	return errors.Join(errs...)
}

func ownFiles(dir string) ([]string, error) {
	if info, err := os.Stat(dir); err != nil || !info.IsDir() {
		return nil, fmt.Errorf("%w: %s is no folder. Put your files into %s", ErrData, dir,
			filepath.Join(dir, "providers", "PROVIDER.yaml"))
	}
	names, err := filepath.Glob(filepath.Join(dir, "providers", "*.yaml"))
	if err != nil {
		return nil, fmt.Errorf("%w: %s: %w", ErrData, dir, err)
	}
	if len(names) > maxOwnFiles {
		return nil, fmt.Errorf("%w: %s: at most %d files, not %d", ErrData, dir, maxOwnFiles, len(names))
	}
	slices.Sort(names)
	return names, nil
}

func (b *Base) readOwnFile(name string) error {
	if info, err := os.Stat(name); err == nil && info.Size() > maxOwnSize {
		return fmt.Errorf("%w: %s: at most 1 MiB, not %d octets", ErrData, name, info.Size())
	}
	raw, err := os.ReadFile(name)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrData, err)
	}
	id := strings.TrimSuffix(filepath.Base(name), ".yaml")
	known := b.Provider(id)
	p := Provider{Role: "mailbox"}
	if known != nil {
		p = *known
		p.Channels = nil
	}
	if err := decode(name, raw, &p); err != nil {
		return err
	}
	if p.ID == "" {
		p.ID = id
	}
	if p.ID != id {
		return fmt.Errorf("%w: %s: its id is %q", ErrData, name, p.ID)
	}
	if err := checkChannels(name, p.Channels, channelLines(raw)); err != nil {
		return err
	}
	if known == nil {
		if p.Names["en"] == "" || p.Names["zh"] == "" {
			return fmt.Errorf("%w: %s: a new provider needs names, such as names: {en: Example Mail, zh: the name in Chinese}",
				ErrData, name)
		}
		b.providers = append(b.providers, p)
		return nil
	}
	p.Channels = append(p.Channels, known.Channels...)
	*known = p
	return nil
}

// checkChannels names the file and, where it is known, the line of every channel that has a fault.
func checkChannels(name string, channels []Channel, lines []int) error {
	var errs []error
	for i, c := range channels {
		err := c.validate()
		switch {
		case err == nil:
		case i < len(lines):
			errs = append(errs, fmt.Errorf("%w: %s: line %d: channel %d (%s): %w", ErrData, name, lines[i], i+1, c.Kind, err))
		default:
			errs = append(errs, fmt.Errorf("%w: %s: channel %d (%s): %w", ErrData, name, i+1, c.Kind, err))
		}
	}
	return errors.Join(errs...)
}

// channelLines is the line on which each channel of a file begins.
func channelLines(raw []byte) []int {
	var doc yaml.Node
	if yaml.Unmarshal(raw, &doc) != nil || len(doc.Content) == 0 {
		return nil
	}
	top := doc.Content[0].Content
	for i := 0; i+1 < len(top); i += 2 {
		if top[i].Value == "channels" {
			var out []int
			for _, c := range top[i+1].Content {
				out = append(out, c.Line)
			}
			return out
		}
	}
	return nil
}

// Live is the knowledge as it stands: what is built in, and an organisation's own files, which are read again when they
// change. Its methods are safe for concurrent use.
type Live struct {
	dir string
	now func() time.Time

	mu     sync.Mutex
	base   *Base
	err    error
	stamp  string
	looked time.Time
}

// Open reads the knowledge. Where the own files are broken, the built-in knowledge serves until they are mended, and
// Err tells.
func Open(dir string) (*Live, error) {
	base, err := Load()
	if err != nil {
		return nil, err
	}
	l := &Live{dir: dir, now: time.Now, base: base}
	if dir != "" {
		l.refresh()
	}
	return l, nil
}

// Base is the knowledge now. It looks for changed files at most once a second; broken ones leave the last good state.
func (l *Live) Base() *Base {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.dir == "" || l.now().Sub(l.looked) < lookAgain {
		return l.base
	}
	if l.refresh() && l.err != nil {
		slog.Error("own knowledge files are broken; the last good state stays", "dir", l.dir, "error", l.err)
	}
	return l.base
}

// refresh reads the files where they have changed, and reports whether they have. The caller holds the lock, or nobody
// else knows l.
func (l *Live) refresh() bool {
	l.looked = l.now()
	stamp := stampOf(l.dir)
	if stamp == l.stamp {
		return false
	}
	l.stamp = stamp
	fresh, err := LoadWith(l.dir)
	if l.err = err; err == nil {
		l.base = fresh
	}
	return true
}

// Err is what is wrong with the own files as they were last read; nil: nothing.
func (l *Live) Err() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.err
}

// stampOf changes when a file of the folder does.
func stampOf(dir string) string {
	var b strings.Builder
	_ = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || b.Len() > 1<<16 {
			return nil //nolint:nilerr // a file that has gone is a change as well
		}
		if info, err := d.Info(); err == nil {
			fmt.Fprintf(&b, "%s %d %d\n", path, info.Size(), info.ModTime().UnixNano())
		}
		return nil
	})
	return b.String()
}

// read is a strict reading of one file: an unknown field is an error.
func read(name string, into any) error {
	raw, err := files.ReadFile(name)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrData, err)
	}
	return decode(name, raw, into)
}

func decode(name string, raw []byte, into any) error {
	d := yaml.NewDecoder(bytes.NewReader(raw))
	d.KnownFields(true)
	if err := d.Decode(into); err != nil {
		return fmt.Errorf("%w: %s: %w", ErrData, name, err)
	}
	return nil
}
