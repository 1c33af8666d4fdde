package e2e

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"net"
	"os/exec"
	"runtime"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func init() {
	flag.BoolFunc("netns", "TestStress also breaks real networks; needs root, iproute2 and nftables", func(string) error {
		stresses["real networks"] = stressRealNetworks
		return nil
	})
}

const stressHosts = 8

// host is a machine of its own, as far as the kernel's network goes.
type host struct {
	t      *testing.T
	name   string // of its namespace
	cable  string // our end of the cable to it
	net    string // begin of the addresses on it
	server string // our address at that end
	at     int    // end of the host's own
}

func newHost(t *testing.T, number int) *host {
	t.Helper()
	h := &host{
		t: t, name: fmt.Sprintf("mayfly-%d", number), cable: fmt.Sprintf("mayfly%d", number),
		net: fmt.Sprintf("10.213.%d.", number), at: 2,
	}
	h.server = h.net + "1"
	exec.Command("ip", "netns", "del", h.name).Run() // of a run that was killed
	h.do("ip netns add NAME")
	t.Cleanup(func() { h.do("ip netns del NAME") })
	h.do("ip link add CABLE type veth peer name eth0 netns NAME")
	h.do("ip addr add " + h.server + "/24 dev CABLE")
	h.do("ip link set CABLE up")
	h.do("ip -n NAME addr add " + h.address() + " dev eth0")
	h.do("ip -n NAME link set eth0 up")
	h.do("ip netns exec NAME nft add table inet faults")
	for _, hook := range []string{"input", "output"} {
		h.do("ip netns exec NAME nft add chain inet faults " + hook + " { type filter hook " + hook + " priority 0 ; }")
	}
	return h
}

func (h *host) address() string { return fmt.Sprintf("%s%d/24", h.net, h.at) }

// do runs a command, given as words.
func (h *host) do(command string) {
	h.t.Helper()
	words := strings.Fields(strings.NewReplacer("NAME", h.name, "CABLE", h.cable).Replace(command))
	if out, err := exec.Command(words[0], words[1:]...).CombinedOutput(); err != nil {
		h.t.Errorf("%s: %v: %s", strings.Join(words, " "), err, out)
	}
}

// dial connects from the host: a socket stays in the namespace where it was made.
func (h *host) dial(ctx context.Context, network, address string) (net.Conn, error) {
	type result struct {
		conn net.Conn
		err  error
	}
	done := make(chan result)
	go func() {
		conn, err := h.dialHere(ctx, network, address)
		done <- result{conn, err}
	}()
	r := <-done
	return r.conn, r.err
}

// dialHere is dial for a goroutine that ends with it.
func (h *host) dialHere(ctx context.Context, network, address string) (net.Conn, error) {
	runtime.LockOSThread() // and never unlocked: the thread ends with its goroutine
	space, err := unix.Open("/run/netns/"+h.name, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	defer unix.Close(space)
	if err := unix.Setns(space, unix.CLONE_NEWNET); err != nil {
		return nil, err
	}
	return new(net.Dialer).DialContext(ctx, network, address)
}

// fail breaks the host's network for a moment: packets are lost, the line gets
// narrow, the cable is pulled, or the host gets another address, which its client
// notices.
func (h *host) fail(stop <-chan struct{}, c *client) {
	d := rand.N(3 * faultMost)
	switch rand.N(5) {
	case 0:
		h.drop(stop, d, fmt.Sprintf("numgen random mod 100 < %d", 10+rand.N(40)))
	case 1:
		h.drop(stop, d, "")
	case 2:
		h.do("tc qdisc add dev CABLE root tbf rate 32kbit burst 2kb latency 400ms")
		h.do("ip netns exec NAME tc qdisc add dev eth0 root tbf rate 32kbit burst 2kb latency 400ms")
		alive(stop, d)
		h.do("tc qdisc del dev CABLE root")
		h.do("ip netns exec NAME tc qdisc del dev eth0 root")
	case 3:
		h.do("ip link set CABLE down")
		alive(stop, d)
		h.do("ip link set CABLE up")
	case 4:
		h.do("ip -n NAME addr del " + h.address() + " dev eth0")
		h.at = 2 + (h.at-1)%200
		h.do("ip -n NAME addr add " + h.address() + " dev eth0")
		c.drop()
	}
}

// drop loses the packets that match, in both directions.
func (h *host) drop(stop <-chan struct{}, d time.Duration, match string) {
	for _, hook := range []string{"input", "output"} {
		h.do("ip netns exec NAME nft add rule inet faults " + hook + " " + match + " drop")
	}
	alive(stop, d)
	for _, hook := range []string{"input", "output"} {
		h.do("ip netns exec NAME nft flush chain inet faults " + hook)
	}
}

// stressRealNetworks is the story where the kernel loses the packets. The page's
// own line is whole.
func stressRealNetworks(t *testing.T) {
	s := newServer(t, nil)
	page := desktop(t, "Page")
	link := page.create(s.local(), "Page", "Harvest", password)
	st := stress{t: t, server: s, page: page}
	for i := range stressHosts {
		h := newHost(t, i)
		listener, err := net.Listen("tcp", h.server+":0")
		if err != nil {
			t.Fatal(err)
		}
		go s.http.Serve(listener)
		socket := socketAt("http://"+listener.Addr().String(), link)
		c := visit(t, link, fmt.Sprintf("Client %d", i), socket, h.dial)
		st.clients = append(st.clients, c)
		st.faults = append(st.faults, func(stop <-chan struct{}) { h.fail(stop, c) })
	}
	st.run()
}
