package config

import (
	"os"
	"strings"
	"testing"
)

// README.md names every setting with its real default.
func TestTheReadmeHasThisTable(t *testing.T) {
	readme, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	var table strings.Builder
	Table(&table)
	if !strings.Contains(string(readme), table.String()) {
		t.Errorf("README.md does not have the table of settings as it is:\n%s", table.String())
	}
}
