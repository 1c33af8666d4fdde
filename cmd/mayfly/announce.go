package main

import (
	"fmt"
	"io"
	"net"
	"strconv"

	"mayfly/config"
)

// announce prints where to open Mayfly, here and from a phone on the same
// network, and what to mind.
func announce(out io.Writer, cfg config.Config, addr *net.TCPAddr) {
	port := strconv.Itoa(addr.Port)
	fmt.Fprintln(out, "Mayfly is ready. Open it")
	if cfg.BaseURL != nil {
		fmt.Fprintf(out, "  everywhere:               %s\n", cfg.BaseURL)
	}
	here := "localhost"
	if !addr.IP.IsUnspecified() {
		here = addr.IP.String()
	}
	fmt.Fprintf(out, "  here:                     http://%s\n", net.JoinHostPort(here, port))
	if addr.IP.IsUnspecified() {
		if phone := networkAddress(); phone != "" {
			fmt.Fprintf(out, "  on a phone, same network: http://%s\n", net.JoinHostPort(phone, port))
		} else {
			fmt.Fprintln(out, "  (this computer is in no network that a phone could reach it by)")
		}
	}
	if cfg.BaseURL == nil && (len(cfg.TrustedProxies) > 0 || addr.IP.IsLoopback()) {
		fmt.Fprintln(out, "Behind a proxy or onion service set -base-url to the address people open: share links start with it, and https needs it.")
	}
	fmt.Fprintln(out, "Stop it with Ctrl+C: all rooms are gone then.")
}

// networkAddress is this computer's address in its network, or "". Nothing is
// sent: connecting a UDP socket only asks the routing table.
func networkAddress() string {
	conn, err := net.Dial("udp4", "192.0.2.1:9") // TEST-NET-1, RFC 5737
	if err == nil {
		defer conn.Close()
		if ip := conn.LocalAddr().(*net.UDPAddr).IP; !ip.IsLoopback() {
			return ip.String()
		}
	}
	addrs, err := net.InterfaceAddrs()
	if err != nil {
		return ""
	}
	for _, a := range addrs {
		if n, ok := a.(*net.IPNet); ok && n.IP.To4() != nil && !n.IP.IsLoopback() && !n.IP.IsLinkLocalUnicast() {
			return n.IP.String()
		}
	}
	return ""
}
