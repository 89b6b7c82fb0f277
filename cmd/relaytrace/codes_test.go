package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"relaytrace/trace"
)

// owner is a package whose codes are explained here: package trace keeps its own.
type owner struct {
	dir   string
	calls map[string]bool // functions whose first argument is a code
	typed map[string]bool // types whose constants are words, and structs that begin with a code
	pages []trace.Code
}

// TestEveryCodeOfTheCaseHasItsPage reads the source of the packages that judge and look
// up: what they can write is explained, and what is explained they can write.
func TestEveryCodeOfTheCaseHasItsPage(t *testing.T) {
	for _, o := range []owner{
		{"../../casefile/judge", map[string]bool{"add": true, "told": true}, map[string]bool{"Verdict": true, "Reason": true}, judgeCodes},
		{"../../enrich", map[string]bool{"note": true}, map[string]bool{"Outcome": true, "Note": true}, lookupCodes},
	} {
		used := o.read(t)
		if len(used) < 5 {
			t.Fatalf("%s: %d codes: the source is not read as meant", o.dir, len(used))
		}
		for code, at := range used {
			if _, ok := explanation(code); !ok {
				t.Errorf("%s: %q has no page; write one in codes.go", at, code)
			}
		}
		for _, c := range o.pages {
			if _, ok := used[c.Code]; !ok {
				t.Errorf("%q has a page, and nothing in %s can write it", c.Code, o.dir)
			}
		}
	}
}

// TestOnePageForACode holds that the tables of the packages do not overlap, and that every
// page is whole.
func TestOnePageForACode(t *testing.T) {
	last := ""
	for _, c := range allCodes() {
		if c.Code == last {
			t.Errorf("%q has two pages", c.Code)
		}
		last = c.Code
		if c.Means == "" || c.Sure == "" || c.Not == "" || c.Example == "" {
			t.Errorf("%q: the page is not whole", c.Code)
		}
	}
}

// read finds the codes of a package in its source.
func (o *owner) read(t *testing.T) map[string]token.Position {
	t.Helper()
	used := map[string]token.Position{}
	fset := token.NewFileSet()
	names, err := filepath.Glob(filepath.Join(o.dir, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(fset, name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(f, func(n ast.Node) bool {
			for _, e := range o.codes(n) {
				if l, ok := e.(*ast.BasicLit); ok && l.Kind == token.STRING {
					code, err := strconv.Unquote(l.Value)
					if err != nil {
						t.Fatal(err)
					}
					used[code] = fset.Position(l.Pos())
				}
			}
			return true
		})
	}
	return used
}

// codes returns the expressions of a node that stand where a code stands.
func (o *owner) codes(n ast.Node) []ast.Expr {
	switch n := n.(type) {
	case *ast.CallExpr:
		if sel, ok := n.Fun.(*ast.SelectorExpr); ok && o.calls[sel.Sel.Name] && len(n.Args) > 1 {
			return n.Args[:1]
		}
	case *ast.ValueSpec:
		if id, ok := n.Type.(*ast.Ident); ok && o.typed[id.Name] {
			return n.Values
		}
	case *ast.CompositeLit:
		if id, ok := n.Type.(*ast.Ident); ok && o.typed[id.Name] && len(n.Elts) > 0 {
			if pair, ok := n.Elts[0].(*ast.KeyValueExpr); ok {
				return []ast.Expr{pair.Value}
			}
			return n.Elts[:1]
		}
	}
	return nil
}
