package kb

import (
	"testing"
)

func TestLoad(t *testing.T) {
	b, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	if len(b.providers) < 39 || len(b.operators) < 65 {
		t.Errorf("%d providers, %d operators", len(b.providers), len(b.operators))
	}
}
