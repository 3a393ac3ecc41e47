package kb

import (
	"fmt"
	"io/fs"
	"log/slog"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

const (
	lookAgain = time.Second
)

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
