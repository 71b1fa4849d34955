// k6 itself, pinned by go.mod. `go install go.k6.io/k6/v2@v2.2.0` fails (it looks the newest version up);
// a module that requires it builds, and builds the same each time.
package main

import "go.k6.io/k6/v2/cmd"

func main() { cmd.Execute() }
