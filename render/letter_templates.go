package render

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"text/template"
	"unicode/utf8"
)

//go:embed templates/*.txt
var letterFiles embed.FS

// Templates are the texts of letters: text/template files that read what the case says.
// They are safe for concurrent use.
type Templates struct {
	set *template.Template
}

// BuiltIn are the texts that relaytrace brings.
var BuiltIn = sync.OnceValue(func() *Templates {
	return &Templates{template.Must(template.New("").Funcs(letterFuncs).ParseFS(letterFiles, "templates/*.txt"))}
})

var letterFuncs = template.FuncMap{
	"count": count, "verbatim": verbatimLines,
	"more": func(n int) bool { return n > 1 }, "add": func(a, b int) int { return a + b },
}

// TemplateFiles are the files of the built-in texts by name, for those who want to write
// their own from them.
func TemplateFiles() map[string][]byte {
	files, err := letterFiles.ReadDir("templates")
	if err != nil {
		panic(err) // they are part of the program
	}
	out := make(map[string][]byte, len(files))
	for _, f := range files {
		if out[f.Name()], err = letterFiles.ReadFile("templates/" + f.Name()); err != nil {
			panic(err)
		}
	}
	return out
}

// maxTemplate bounds a file of templates, in bytes.
const maxTemplate = 1 << 20

// ReadTemplates reads the user's own templates, all files *.txt of a folder, over those
// that relaytrace brings: what a file defines takes the place of the built-in template of
// that name, and the others stay. Text outside any define is the template that the file
// is named after. folder is the name of the folder, for errors: they say file:line.
func ReadTemplates(fsys fs.FS, folder string) (*Templates, error) {
	files, err := fs.ReadDir(fsys, ".")
	if err != nil {
		return nil, fmt.Errorf("%s: the templates cannot be read: %w", folder, cause(err))
	}
	known := BuiltIn().set
	set := template.Must(known.Clone())
	var own []ownTemplate
	var all strings.Builder
	for _, f := range files {
		if f.IsDir() || path.Ext(f.Name()) != ".txt" {
			continue
		}
		name := filepath.Join(folder, f.Name())
		text, err := readTemplate(fsys, f.Name(), name)
		if err != nil {
			return nil, err
		}
		all.WriteString(text)
		defined, err := parseOwn(set, name, strings.TrimSuffix(f.Name(), ".txt"), text)
		if err != nil {
			return nil, err
		}
		own = append(own, defined...)
	}
	if len(own) == 0 {
		return nil, fmt.Errorf("%s: holds no template; its files *.txt define those that take the place of the built-in ones", folder)
	}
	for _, t := range own {
		if known.Lookup(t.name) == nil && !regexp.MustCompile(`template\s+"`+regexp.QuoteMeta(t.name)+`"`).MatchString(all.String()) {
			return nil, fmt.Errorf("%s:%d: defines %q, which no letter uses", t.file, t.line, t.name)
		}
	}
	return &Templates{set}, nil
}

// ownTemplate is a template that the user defines.
type ownTemplate struct {
	name, file string
	line       int
}

// readTemplate reads one file and refuses what would be hidden in a letter.
func readTemplate(fsys fs.FS, file, name string) (string, error) {
	data, err := fs.ReadFile(fsys, file)
	if err != nil {
		return "", fmt.Errorf("%s: %w", name, cause(err))
	}
	if len(data) > maxTemplate {
		return "", fmt.Errorf("%s: too large for a template", name)
	}
	text := strings.ReplaceAll(string(data), "\r\n", "\n")
	n := 0
	for line := range strings.Lines(text) {
		n++
		line = strings.TrimSuffix(line, "\n")
		for _, r := range line {
			if r == utf8.RuneError || r != '\t' && hidden(r) {
				return "", fmt.Errorf("%s:%d: character %U would be hidden or is not UTF-8", name, n, r)
			}
		}
	}
	return text, nil
}

// parseOwn adds the templates of one file to set and tells which they are.
func parseOwn(set *template.Template, name, base, text string) ([]ownTemplate, error) {
	// The file's path is the name that errors speak of.
	one, err := template.New(name).Funcs(letterFuncs).Parse(text)
	if err != nil {
		return nil, templateError(err)
	}
	var own []ownTemplate
	for _, t := range one.Templates() {
		if t.Tree == nil || t.Tree.Root == nil {
			continue
		}
		as := t.Name()
		if as == name {
			if strings.TrimSpace(t.Root.String()) == "" {
				continue // nothing stands outside the defines
			}
			as = base
		}
		if _, err := set.AddParseTree(as, t.Tree); err != nil {
			return nil, templateError(err)
		}
		line := 1 + strings.Count(text[:min(int(t.Root.Position()), len(text))], "\n")
		own = append(own, ownTemplate{as, name, line})
	}
	slices.SortFunc(own, func(a, b ownTemplate) int { return a.line - b.line })
	return own, nil
}

// templateError takes the package's name off an error of text/template, which leaves
// file:line.
func templateError(err error) error {
	if text, ok := strings.CutPrefix(err.Error(), "template: "); ok {
		return errors.New(Visible(text))
	}
	return err
}

func cause(err error) error {
	var pe *fs.PathError
	if errors.As(err, &pe) {
		return pe.Err
	}
	return err
}

// has reports whether there is a template of that name.
func (t *Templates) has(name string) bool { return t.set.Lookup(name) != nil }

// fill runs a template.
func (t *Templates) fill(name string, data any) (string, error) {
	var b bytes.Buffer
	if err := t.set.ExecuteTemplate(&b, name, data); err != nil {
		return "", templateError(err)
	}
	return b.String(), nil
}

// compose writes a letter of one kind: the subject, and the text with what must be known
// before it is sent at its head, then in the recipient's language where there is one,
// then in English. What the case says to be facts stands in the English text alone.
func (f *frame) compose(kind string, data any) (subject, text string, err error) {
	names := []string{kind}
	if f.Lang != "" {
		if !f.templates.has(kind + "." + f.Lang) {
			return "", "", fmt.Errorf("there is no %s in the language %q", kind, f.Lang)
		}
		names = []string{kind + "." + f.Lang, kind}
	}
	var subjects, texts []string
	for _, name := range names {
		s, err := f.templates.fill("subject:"+name, data)
		if err != nil {
			return "", "", err
		}
		t, err := f.templates.fill(name, data)
		if err != nil {
			return "", "", err
		}
		subjects, texts = append(subjects, strings.TrimSpace(s)), append(texts, strings.Trim(t, "\n"))
	}
	held, err := f.templates.fill("held", data)
	if err != nil {
		return "", "", err
	}
	return strings.Join(subjects, " / "), held + strings.Join(texts, "\n\n"+verbatim+strings.Repeat("=", 60)+"\n\n") + "\n", nil
}
