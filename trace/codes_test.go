package trace

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"relaytrace/trace/header"
)

// TestEveryCodeHasItsPage reads the source of this package and of received: each code
// that can be written into a Path is explained, and each page is of a code or word that
// can be written.
func TestEveryCodeHasItsPage(t *testing.T) {
	s := readSource(t, ".", "received")
	if len(s.codes) < 30 || len(s.words) < 20 {
		t.Fatalf("found %d codes and %d words: the source is not read as meant", len(s.codes), len(s.words))
	}
	for _, used := range []map[string]token.Position{s.codes, s.words} {
		for code, at := range used {
			if _, ok := Explain(code); !ok {
				t.Errorf("%s: %q has no page; write one in codes_*.go", at, code)
			}
		}
	}
	for _, c := range Codes() {
		_, code := s.codes[c.Code]
		if _, word := s.words[c.Code]; !code && !word {
			t.Errorf("%q has a page, and nothing can write it", c.Code)
		}
	}
}

// TestPages holds that every page is whole, and that its example is real mail, or names
// nobody real.
func TestPages(t *testing.T) {
	mail := allMail(t)
	seen := map[string]bool{}
	for _, c := range Codes() {
		if seen[c.Code] {
			t.Errorf("%q has two pages", c.Code)
		}
		seen[c.Code] = true
		for _, text := range []string{c.Means, c.Sure, c.Not} {
			if !strings.HasSuffix(text, ".") {
				t.Errorf("%s: %q is no sentence", c.Code, text)
			}
		}
		if c.Example == "" || !strings.Contains(mail, c.Example) && !invented(c.Example) {
			t.Errorf("%s: the example is neither in testdata nor made of reserved names only: %s", c.Code, c.Example)
		}
	}
	if _, ok := Explain("no-such-code"); ok {
		t.Error("a code that does not exist is explained")
	}
	Codes()[0].Means = "changed"
	if Codes()[0].Means == "changed" {
		t.Error("Codes shares its memory")
	}
}

// TestExamplesShowTheirCode holds that an invented example leads to the code that it
// stands for: as the field of a host that handed the mail in, or on top.
func TestExamplesShowTheirCode(t *testing.T) {
	const top = "Received: from relay.example.com (relay.example.com [203.0.113.7])\n" +
		"\tby mx.example.org (8.11.6/8.11.6) with SMTP id g7MDwC903457\n" +
		"\tfor <user@example.org>; Thu, 22 Aug 2002 14:58:12 +0100\n"
	for code, above := range map[string]string{
		"boundary-unknown": "", "boundary-without-address": "", "impossible-address": top,
		"own-name-misused": top, "queue-id-contradicts-stamp": top, "zone-fault": top, "many-recipients": top,
	} {
		c, ok := Explain(code)
		if !ok {
			t.Errorf("%s has no page", code)
			continue
		}
		name := "Received: "
		if strings.HasPrefix(c.Example, "To: ") {
			name = ""
		}
		data := []byte(above + name + c.Example + "\n\n")
		p := Analyze(data, header.Scan(data, nil).Fields, &Settings{})
		if !slices.ContainsFunc(p.Findings, func(f Finding) bool { return f.Code == code }) {
			t.Errorf("%s: the example leads to %+v", code, p.Findings)
		}
	}
}

// allMail is the header text that comes with relaytrace, unfolded.
func allMail(t *testing.T) string {
	t.Helper()
	var b strings.Builder
	for _, pattern := range []string{"../testdata/samples/*.eml", "testdata/truth/*.eml"} {
		names, err := filepath.Glob(pattern)
		if err != nil || len(names) == 0 {
			t.Fatalf("%s: %d files, %v", pattern, len(names), err)
		}
		for _, name := range names {
			data, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			head, _, _ := bytes.Cut(data, []byte("\n\n"))
			b.WriteString(strings.Join(strings.Fields(string(head)), " ") + "\n")
		}
	}
	return b.String()
}

var (
	hostNames = regexp.MustCompile(`[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,}`)
	addresses = regexp.MustCompile(`\b\d+\.\d+\.\d+\.\d+\b`)
	reserved  = regexp.MustCompile(`^(127\.0\.0\.1$|192\.0\.2\.|198\.51\.100\.|203\.0\.113\.|10\.|250\.|8\.\d+\.\d+)`)
)

// invented reports whether a line names reserved hosts and addresses only (RFC 2606, RFC 5737).
func invented(line string) bool {
	line = regexp.MustCompile(`\(8\.[0-9./]+\)`).ReplaceAllString(line, "")
	for _, n := range hostNames.FindAllString(line, -1) {
		if !strings.HasSuffix(n, "example.org") && !strings.HasSuffix(n, "example.net") && !strings.HasSuffix(n, "example.com") {
			return false
		}
	}
	for _, a := range addresses.FindAllString(line, -1) {
		if !reserved.MatchString(a) {
			return false
		}
	}
	return true
}

// source is what the packages' source says of codes.
type source struct {
	codes map[string]token.Position // of findings and bystanders
	words map[string]token.Position // of the typed constants and of links
}

// codeForm is how a code looks; hyphened is how it looks where words could stand too.
var (
	codeForm = regexp.MustCompile(`^[a-z]+(-[a-z0-9]+)*$`)
	hyphened = regexp.MustCompile(`^[a-z]+(-[a-z0-9]+)+$`)
)

// wordTypes are the types whose constants are words of a Path.
var wordTypes = []string{"End", "Standing", "Certainty", "Kind", "Disclosure"}

// readSource finds the codes by where they stand: as arguments of find and bystander,
// and, as those take variables too, as what is assigned to or returned as code and why.
func readSource(t *testing.T, dirs ...string) source {
	t.Helper()
	s := source{map[string]token.Position{}, map[string]token.Position{}}
	fset := token.NewFileSet()
	for _, dir := range dirs {
		names, err := filepath.Glob(filepath.Join(dir, "*.go"))
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			if strings.HasSuffix(name, "_test.go") || strings.HasPrefix(filepath.Base(name), "codes") {
				continue
			}
			f, err := parser.ParseFile(fset, name, nil, 0)
			if err != nil {
				t.Fatal(err)
			}
			for _, d := range f.Decls {
				s.readDecl(t, fset, d)
			}
		}
	}
	return s
}

func (s *source) readDecl(t *testing.T, fset *token.FileSet, d ast.Decl) {
	if g, ok := d.(*ast.GenDecl); ok {
		s.readConstants(fset, g)
		return
	}
	fn := d.(*ast.FuncDecl)
	place := resultPlace(fn)
	isLink := fn.Name.Name == "String" && fn.Recv != nil && typeName(fn.Recv.List[0].Type) == "link"
	ast.Inspect(fn, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.CallExpr:
			sel, ok := n.Fun.(*ast.SelectorExpr)
			if !ok || sel.Sel.Name != "find" && sel.Sel.Name != "bystander" {
				return true
			}
			arg := n.Args[0]
			if sel.Sel.Name == "bystander" {
				arg = n.Args[len(n.Args)-1]
			}
			if id, ok := arg.(*ast.Ident); ok && (id.Name == "code" || id.Name == "why") {
				return true // what such variables hold is found where they are set
			}
			if !s.add(fset, arg, codeForm) {
				t.Errorf("%s: give the code as a literal, or in a variable called code or why", fset.Position(arg.Pos()))
			}
		case *ast.AssignStmt:
			for i, lhs := range n.Lhs {
				if id, ok := lhs.(*ast.Ident); ok && (id.Name == "code" || id.Name == "why") && i < len(n.Rhs) {
					s.add(fset, n.Rhs[i], hyphened)
				}
			}
		case *ast.ReturnStmt:
			if place >= 0 && place < len(n.Results) {
				s.add(fset, n.Results[place], codeForm)
			}
		case *ast.CompositeLit:
			if isLink {
				for _, e := range n.Elts {
					s.addWord(fset, e)
				}
			}
		}
		return true
	})
}

// resultPlace is the place of the result called code, -1 when there is none.
func resultPlace(fn *ast.FuncDecl) int {
	if fn.Type.Results == nil {
		return -1
	}
	var names []string
	for _, f := range fn.Type.Results.List {
		for _, n := range f.Names {
			names = append(names, n.Name)
		}
	}
	return slices.Index(names, "code")
}

// readConstants takes the constants of the types that hold words.
func (s *source) readConstants(fset *token.FileSet, g *ast.GenDecl) {
	if g.Tok != token.CONST {
		return
	}
	for _, spec := range g.Specs {
		v := spec.(*ast.ValueSpec)
		if slices.Contains(wordTypes, typeName(v.Type)) {
			for _, e := range v.Values {
				s.addWord(fset, e)
			}
		}
	}
}

func typeName(e ast.Expr) string {
	if id, ok := e.(*ast.Ident); ok {
		return id.Name
	}
	return ""
}

func (s *source) add(fset *token.FileSet, e ast.Expr, form *regexp.Regexp) bool {
	text, ok := literal(e)
	if !ok || !form.MatchString(text) {
		return false
	}
	s.codes[text] = fset.Position(e.Pos())
	return true
}

func (s *source) addWord(fset *token.FileSet, e ast.Expr) {
	if text, ok := literal(e); ok {
		s.words[text] = fset.Position(e.Pos())
	}
}

func literal(e ast.Expr) (string, bool) {
	l, ok := e.(*ast.BasicLit)
	if !ok || l.Kind != token.STRING {
		return "", false
	}
	text, err := strconv.Unquote(l.Value)
	return text, err == nil
}
