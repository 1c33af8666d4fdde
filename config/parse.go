package config

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// whole accepts a whole number from low to high.
func whole[T int | uint32](low, high T, field func(*Config) *T) parser {
	return func(c *Config, value string) error {
		const allowed = "allowed are whole numbers from %d to %d"
		n, err := strconv.ParseInt(value, 10, 64)
		switch {
		case err != nil:
			return fmt.Errorf("%q is not a whole number; "+allowed, value, low, high)
		case n < int64(low):
			return fmt.Errorf("%s is too small; "+allowed, value, low, high)
		case n > int64(high):
			return fmt.Errorf("%s is too large; "+allowed, value, low, high)
		}
		*field(c) = T(n)
		return nil
	}
}

func lifetime(c *Config, value string) error {
	const allowed = "allowed are 1m to 60m"
	d, err := time.ParseDuration(value)
	switch {
	case err != nil:
		return fmt.Errorf("%q is not a duration such as 45m; "+allowed, value)
	case d < time.Minute:
		return fmt.Errorf("%s is too short; "+allowed, value)
	case d > time.Hour:
		return fmt.Errorf("%s is too long; "+allowed, value)
	}
	c.Lifetime = d
	return nil
}

func listen(c *Config, value string) error {
	if _, err := splitAddress(value); err != nil {
		return fmt.Errorf("%q %w; allowed is [host]:port, such as :8080 or 127.0.0.1:8080", value, err)
	}
	c.Listen = value
	return nil
}

func debugListen(c *Config, value string) error {
	const allowed = "allowed is a loopback address with a port, such as 127.0.0.1:6060"
	if value == "" {
		c.DebugListen = ""
		return nil
	}
	host, err := splitAddress(value)
	if err != nil {
		return fmt.Errorf("%q %w; "+allowed, value, err)
	}
	ip, err := netip.ParseAddr(host)
	if host != "localhost" && (err != nil || !ip.IsLoopback()) {
		return fmt.Errorf("%q can be reached from other computers; "+allowed, value)
	}
	c.DebugListen = value
	return nil
}

// splitAddress checks host:port and returns the host, which may be empty. Its
// error continues a sentence that began with the address.
func splitAddress(address string) (host string, err error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return "", errors.New("is not an address with a port")
	}
	if _, err := strconv.ParseUint(port, 10, 16); err != nil {
		return "", errors.New("has a port that is not a number from 0 to 65535")
	}
	if strings.Contains(host, ":") {
		if _, err := netip.ParseAddr(host); err != nil {
			return "", errors.New("has a host that is not an IPv6 address")
		}
	} else if strings.ContainsFunc(host, notInHostName) {
		return "", errors.New("has a host that is neither a name nor an IP address")
	}
	return host, nil
}

func notInHostName(r rune) bool {
	return !('a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || strings.ContainsRune(".-_", r))
}

func baseURL(c *Config, value string) error {
	c.BaseURL = nil
	if value == "" {
		return nil
	}
	u, err := url.Parse(value)
	problem := ""
	switch {
	case err != nil:
		problem = "is not a web address"
	case u.Scheme != "http" && u.Scheme != "https":
		problem = "does not start with http:// or https://"
	case u.User != nil:
		problem = "holds a user name"
	case u.Path != "" && u.Path != "/":
		problem = "has a path after the host"
	case strings.ContainsAny(value, "?#"):
		problem = "has a query or a fragment"
	case u.Hostname() == "":
		problem = "has no host"
	case u.Host != u.Hostname() && !strings.HasSuffix(u.Host, "]"):
		if n, err := strconv.ParseUint(u.Port(), 10, 16); err != nil || n == 0 {
			problem = "has a port that is not a number from 1 to 65535"
		}
	}
	if problem != "" {
		return fmt.Errorf("%q %s; allowed is http:// or https:// and a host, such as https://chat.example.org", value, problem)
	}
	// Browsers write an origin in lower case.
	c.BaseURL = &url.URL{Scheme: u.Scheme, Host: strings.ToLower(u.Host)}
	return nil
}

func exitURL(c *Config, value string) error {
	c.ExitURL = nil
	if value == "" {
		return nil
	}
	u, err := url.Parse(value)
	problem := ""
	switch {
	case err != nil:
		problem = "is not a web address"
	case u.Scheme != "http" && u.Scheme != "https":
		problem = "does not start with http:// or https://"
	case u.User != nil:
		problem = "holds a user name"
	case u.Hostname() == "":
		problem = "has no host"
	}
	if problem != "" {
		return fmt.Errorf("%q %s; allowed is any web page, such as https://www.bbc.com/weather", value, problem)
	}
	c.ExitURL = u
	return nil
}

func trustedProxies(c *Config, value string) error {
	c.TrustedProxies = nil
	if value == "" {
		return nil
	}
	for part := range strings.SplitSeq(value, ",") {
		part = strings.TrimSpace(part)
		network, err := parseNetwork(part)
		if err != nil {
			return fmt.Errorf("%q %w; allowed are CIDRs with commas between, such as 127.0.0.1/32,::1/128", part, err)
		}
		c.TrustedProxies = append(c.TrustedProxies, network)
	}
	return nil
}

// parseNetwork accepts a CIDR or a single address. Its error continues a
// sentence that began with s.
func parseNetwork(s string) (netip.Prefix, error) {
	network, err := netip.ParsePrefix(s)
	if err != nil {
		address, err := netip.ParseAddr(s)
		if err != nil || address.Zone() != "" {
			return netip.Prefix{}, errors.New("is not a network")
		}
		network = netip.PrefixFrom(address, address.BitLen())
	}
	if network.Addr().Is4In6() {
		return netip.Prefix{}, errors.New("is an IPv4 network written as IPv6, which no request would match")
	}
	if network.Bits() == 0 {
		return netip.Prefix{}, errors.New("trusts everybody, so any visitor could name a false source")
	}
	return network.Masked(), nil
}
