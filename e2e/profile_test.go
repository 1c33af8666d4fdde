package e2e

import (
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/target"
	"github.com/chromedp/chromedp"
)

// profile is a browser process of its own with a folder on disk, as people have
// it: it can be closed, its files read, and started again with the tabs it had.
type profile struct {
	t   *testing.T
	dir string
	ctx context.Context // the running browser
}

// newProfile starts a browser whose owner has chosen to continue where they left
// off: then it keeps the most, tabs and session cookies among it.
func newProfile(t *testing.T) *profile {
	t.Helper()
	requireChrome(t)
	b := &profile{t: t, dir: t.TempDir()}
	preferences := filepath.Join(b.dir, "Default", "Preferences")
	if err := os.Mkdir(filepath.Dir(preferences), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(preferences, []byte(`{"session":{"restore_on_startup":1}}`), 0o600); err != nil {
		t.Fatal(err)
	}
	b.start()
	return b
}

// start starts the browser, again after close.
func (b *profile) start() {
	b.t.Helper()
	path, err := chromePath()
	if err != nil {
		b.t.Fatal(err)
	}
	allocator, stop := chromedp.NewExecAllocator(context.Background(), append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path),
		chromedp.NoSandbox,
		chromedp.DisableGPU,
		chromedp.UserDataDir(b.dir),
		chromedp.Flag("enable-automation", false), // it remembers as if people used it
		chromedp.Flag("disable-component-update", true),
		chromedp.Flag("host-resolver-rules", "MAP * ~NOTFOUND, EXCLUDE localhost"),
	)...)
	b.t.Cleanup(stop)
	ctx, cancel := chromedp.NewContext(allocator)
	b.t.Cleanup(cancel)
	if err := chromedp.Do(ctx); err != nil {
		b.t.Fatal(err)
	}
	b.ctx = ctx
}

// close closes the browser as its menu does: everything it keeps is on disk then.
func (b *profile) close() {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	if err := chromedp.Cancel(ctx); err != nil {
		b.t.Fatal(err)
	}
}

// tab opens a tab, or looks into one that options name.
func (b *profile) tab(name string, options ...chromedp.ContextOption) *person {
	b.t.Helper()
	ctx, cancel := chromedp.NewContext(b.ctx, options...)
	b.t.Cleanup(cancel)
	return openTab(b.t, ctx, name, 1280, 800, false)
}

// restored waits for the browser to open n tabs again, and returns them.
func (b *profile) restored(n int) (tabs []*person) {
	b.t.Helper()
	var open []*target.Info
	waitFor(b.t, "the tabs to be restored", func() bool {
		targets, err := chromedp.Targets(b.ctx)
		if err != nil {
			b.t.Fatal(err)
		}
		open = slices.DeleteFunc(targets, func(i *target.Info) bool { return i.Type != "page" || i.URL == "about:blank" })
		return len(open) >= n
	})
	for _, info := range open {
		tabs = append(tabs, b.tab("the restored tab at "+info.URL, chromedp.WithTargetID(info.TargetID)))
	}
	return tabs
}

// files calls read for every file of the profile.
func (b *profile) files(read func(name string, content []byte)) {
	b.t.Helper()
	err := fs.WalkDir(os.DirFS(b.dir), ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		content, err := os.ReadFile(filepath.Join(b.dir, name))
		read(name, content)
		return err
	})
	if err != nil {
		b.t.Fatal(err)
	}
}

// everyPage goes Back to the first page of the tab's history and Forward to the
// last, and calls look at each.
func (p *person) everyPage(look func()) {
	p.t.Helper()
	history := command(p, page.GetNavigationHistory, cdp.Empty{})
	for range history.CurrentIndex {
		p.back()
		look()
	}
	for range len(history.Entries) - 1 {
		p.forward()
		look()
	}
}
