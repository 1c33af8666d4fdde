// Command words prints, as JSON, the sentences that later.js brings along.
package main

import (
	"encoding/json"
	"fmt"
	"os"

	"mayfly/views"
)

func main() {
	if err := json.NewEncoder(os.Stdout).Encode(views.LaterWords()); err != nil {
		fmt.Fprintln(os.Stderr, "words:", err)
		os.Exit(1)
	}
}
