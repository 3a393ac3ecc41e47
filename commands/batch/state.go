package batch

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// errNotState says that a file holds something else than a state.
var errNotState = errors.New("not a file that this command wrote")

// readState reads what a command left in a file at its last run into state, which stays as it is where there is no
// file. The error is errNotState or that of the file.
func readState(path string, most int64, state any) error {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer f.Close()
	raw, err := io.ReadAll(io.LimitReader(f, most))
	if err != nil {
		return err
	}
	if err := json.Unmarshal(raw, state); err != nil {
		return fmt.Errorf("%w: %w", errNotState, err)
	}
	return nil
}

// writeState keeps a state in a file, whole or not at all.
func writeState(path string, state any) error {
	raw, err := json.Marshal(state)
	if err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".signpost-*")
	if err != nil {
		return fmt.Errorf("the state is not kept: %w", err)
	}
	_, err = f.Write(raw)
	if e := f.Close(); err == nil {
		err = e
	}
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		_ = os.Remove(f.Name())
	}
	return err
}
