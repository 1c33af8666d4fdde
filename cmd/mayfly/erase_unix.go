//go:build unix

package main

import (
	"os"
	"strings"
	"syscall"
)

// eraseFreedMemory starts the program anew, once, with the runtime's setting
// that overwrites every object the garbage collector frees. Without it what was
// said in a room that is gone stays readable in the process's memory until it
// happens to be reused; with it a purged room is gone a few seconds later
// (TestAPurgedRoomIsGoneFromMemory reads all of it). The setting can only be
// given from outside. Where starting anew fails, Mayfly runs without it.
func eraseFreedMemory() {
	const setting = "clobberfree="
	godebug := os.Getenv("GODEBUG")
	if strings.Contains(godebug, setting) {
		return
	}
	if godebug != "" {
		godebug += ","
	}
	os.Setenv("GODEBUG", godebug+setting+"1")
	if program, err := os.Executable(); err == nil {
		syscall.Exec(program, os.Args, os.Environ()) // returns only if it failed
	}
}
