package enrichtest

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
)

// Registered is a domain that its registry knows over RDAP.
type Registered struct {
	// Domain that is registered, in small letters.
	Domain string
	// Holder's name, and the addresses of the registrant and the technical contact; empty
	// for those that the registry redacts.
	Holder, Registrant, Tech string
	// Registrar, and its abuse desk.
	Registrar, RegistrarAbuse string
	// Created, Changed and Expires, YYYY-MM-DD.
	Created, Changed, Expires string
}

// SetRegistered says which domains are registered.
func (w *World) SetRegistered(domains ...Registered) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.registered = slices.Clone(domains)
}

// SetFiles says what the web server has, by path: text that begins with "text/..." and a
// blank line has that content type, any other is plain text.
func (w *World) SetFiles(files map[string]string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.files = files
}

// RDAPDomains gives the base URLs of the registries of domains, by top-level domain.
func (w *World) RDAPDomains() map[string]string { return w.names }

// Web gives the base URL of the web server, without a slash at its end.
func (w *World) Web() string { return w.web }

func (w *World) startDomains(t testing.TB) map[string]string {
	server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, req *http.Request) {
		f, end := w.begin("rdap domains", req.URL.Path, "")
		defer end()
		w.mu.Lock()
		name := req.URL.Path[strings.LastIndexByte(req.URL.Path, '/')+1:]
		i := slices.IndexFunc(w.registered, func(d Registered) bool { return d.Domain == name })
		var body bytes.Buffer
		if i >= 0 {
			if err := shapes.ExecuteTemplate(&body, "rdap-domain.json", w.registered[i]); err != nil {
				panic(err) // a fault of a template of this package
			}
		}
		w.mu.Unlock()
		switch {
		case f.Drop:
			panic(http.ErrAbortHandler)
		case f.Status != 0:
			rw.WriteHeader(f.Status)
		case f.Body != nil:
			rw.Header().Set("Content-Type", f.ContentType)
			rw.Write(f.Body)
		case i < 0:
			rw.Header().Set("Content-Type", "application/rdap+json")
			rw.WriteHeader(http.StatusNotFound)
			io.WriteString(rw, `{"errorCode":404,"title":"not found","rdapConformance":["rdap_level_0"]}`)
		default:
			rw.Header().Set("Content-Type", "application/rdap+json")
			rw.Write(body.Bytes())
		}
	}))
	t.Cleanup(server.Close)
	return map[string]string{"uk": server.URL + "/uk/", "example": server.URL + "/example/"}
}

func (w *World) startWeb(t testing.TB) string {
	server := httptest.NewServer(w.WebHandler())
	t.Cleanup(server.Close)
	return server.URL
}

// WebHandler serves the files, for a server of another kind than [World.Web].
func (w *World) WebHandler() http.Handler {
	return http.HandlerFunc(func(rw http.ResponseWriter, req *http.Request) {
		f, end := w.begin("web", "https://"+req.Host+req.URL.Path, "")
		defer end()
		w.mu.Lock()
		text, ok := w.files[req.URL.Path]
		w.mu.Unlock()
		kind := "text/plain; charset=utf-8"
		if head, body, cut := strings.Cut(text, "\n\n"); cut && strings.HasPrefix(head, "text/") {
			kind, text = head, body
		}
		switch {
		case f.Drop:
			panic(http.ErrAbortHandler)
		case f.Location != "":
			rw.Header().Set("Location", f.Location)
			rw.WriteHeader(f.Status)
		case f.Status != 0:
			rw.WriteHeader(f.Status)
		case !ok:
			http.NotFound(rw, req)
		default:
			rw.Header().Set("Content-Type", kind)
			fmt.Fprint(rw, text)
			if f.Giant {
				io.Copy(rw, io.LimitReader(spaces{}, 8<<20))
			}
		}
	})
}
