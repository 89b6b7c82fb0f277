package store

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"relaytrace/casefile"
)

// stageDir is the hidden folder inside a case folder to which files are written before
// they are put in their places. What an interruption left there is written anew.
const stageDir = ".relaytrace-export"

// File is a file of the case folder that is written from the store.
type File struct {
	Path   string // relative to the case folder, with slashes: letters, digits, "._-" only
	SHA256 string // when it is known beforehand: a file that has it already is not written
	Write  func(io.Writer) error
	draft  *Draft // in place of Write
}

// Bytes is a file with these bytes.
func Bytes(name string, data []byte) File {
	return File{Path: name, Write: func(w io.Writer) error { _, err := w.Write(data); return err }}
}

// Exported tells what became of the files of the case folder.
type Exported struct {
	Written  []string // files that are new or changed
	Removed  []string // files of earlier exports that are no part of the case any more
	SetAside []string // "path to path": what a person had edited or put where a file belongs
	Left     []string // files that a person edited and that stay, since the case would write them as it did
}

// exporter is one export under way.
type exporter struct {
	s       *Store
	root    *os.Root
	ours    map[string]map[string]bool // path -> digests that an export wrote there
	placed  map[string]string          // path -> digest of the last export that ended
	files   []casefile.File            // what the folder holds in the end
	staged  []string
	through map[string]bool // folders that were looked at
	buf     *bufio.Writer   // for one file after the other
	syncs   *syncs
	out     Exported
}

// Export writes files into the case folder, and last the one that finish makes of the list
// of them: case.json. Each is written beside its place, synced and renamed, so that none
// is ever half written; an export that was interrupted is finished by the next one. Files
// of an earlier export that are not among them are removed.
//
// What a person edited is never overwritten, and what he put there never deleted: where it
// is in the way it is renamed, "name.edited-1", and told. A letter that he edited stays
// when the case would write what it wrote before.
func (s *Store) Export(ctx context.Context, files []File, finish func([]casefile.File) (File, error)) (Exported, error) {
	root, err := os.OpenRoot(s.dir)
	if err != nil {
		return Exported{}, explain(s.dir, err)
	}
	defer root.Close()
	x := &exporter{s: s, root: root, ours: map[string]map[string]bool{}, placed: map[string]string{}, through: map[string]bool{}}
	x.buf, x.syncs = bufio.NewWriterSize(nil, 64<<10), newSyncs(s.dir)
	if err := errors.Join(x.all(ctx, files, finish), x.syncs.wait()); err != nil {
		return x.out, explain(s.dir, err)
	}
	s.giveUpDraft() // it is in its place, or none of this export
	return x.out, nil
}

func (x *exporter) all(ctx context.Context, files []File, finish func([]casefile.File) (File, error)) error {
	if err := x.root.RemoveAll(stageDir); err != nil {
		return err
	}
	if err := x.root.Mkdir(stageDir, 0o700); err != nil {
		return err
	}
	if err := x.known(ctx); err != nil {
		return err
	}
	slices.SortFunc(files, func(a, b File) int { return strings.Compare(a.Path, b.Path) })
	for i, f := range files {
		if !safePath(f.Path) || i > 0 && files[i-1].Path == f.Path {
			return fmt.Errorf("file name %q is not fit for a case folder", f.Path)
		}
		if err := errors.Join(ctx.Err(), x.stage(f)); err != nil {
			return err
		}
	}
	if finish != nil {
		last, err := finish(slices.Clone(x.files))
		if err != nil {
			return err
		}
		if err := x.stage(last); err != nil {
			return err
		}
	}
	if err := x.syncs.wait(); err != nil {
		return err
	}
	if err := x.intend(ctx); err != nil {
		return err
	}
	if err := x.place(); err != nil {
		return err
	}
	if err := x.removeOld(); err != nil {
		return err
	}
	return x.done(ctx)
}

// known reads what earlier exports wrote, those that were interrupted too.
func (x *exporter) known(ctx context.Context) error {
	rows, err := x.s.conn.QueryContext(ctx, "SELECT path, placed, sha256 FROM files")
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var name, sum string
		var placed bool
		if err := rows.Scan(&name, &placed, &sum); err != nil {
			return err
		}
		if x.ours[name] == nil {
			x.ours[name] = map[string]bool{}
		}
		x.ours[name][sum] = true
		if placed {
			x.placed[name] = sum
		}
	}
	return rows.Err()
}

// stage writes a file beside its place, unless the folder has it already.
func (x *exporter) stage(f File) error {
	have, size, err := x.present(f.Path)
	if err != nil {
		return err
	}
	if f.SHA256 != "" && have == f.SHA256 {
		x.files = append(x.files, casefile.File{Path: f.Path, SHA256: have, Size: size})
		return nil
	}
	name, d := draftName, f.draft
	if d == nil {
		name = fmt.Sprintf("%s/%06d", stageDir, len(x.files))
		d, err = x.write(name, f)
	}
	sum, size, err := d.end(err)
	if err != nil {
		return fmt.Errorf("%s: %w", f.Path, err)
	}
	x.files = append(x.files, casefile.File{Path: f.Path, SHA256: sum, Size: size})
	switch {
	case have == sum:
		return errors.Join(d.f.Close(), x.root.Remove(name))
	case have != "" && !x.ours[f.Path][have] && x.placed[f.Path] == sum && strings.HasPrefix(f.Path, "letters/"):
		x.out.Left = append(x.out.Left, f.Path)
		return errors.Join(d.f.Close(), x.root.Remove(name))
	}
	x.staged = append(x.staged, f.Path, name)
	x.syncs.add(d.f, f.Path)
	return nil
}

// write makes a file of that name and writes into it; after an error there may be none.
func (x *exporter) write(name string, f File) (*Draft, error) {
	mode := fs.FileMode(0o600)
	if strings.HasPrefix(f.Path, "evidence/") {
		mode = 0o400
	}
	d, err := newDraft(x.root, name, mode, x.buf)
	if err == nil {
		err = f.Write(d.buf)
	}
	return d, err
}

// present gives the digest of what stands at a path: empty when nothing does, "-" when it
// is no plain file.
func (x *exporter) present(name string) (sum string, size int64, err error) {
	if err := x.checkFolders(path.Dir(name)); err != nil {
		return "", 0, err
	}
	info, err := x.root.Lstat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "", 0, nil
	case err != nil:
		return "", 0, err
	case !info.Mode().IsRegular():
		return "-", 0, nil
	}
	f, err := x.root.Open(name)
	if err != nil {
		return "", 0, err
	}
	defer f.Close()
	h := sha256.New()
	size, err = io.Copy(h, f)
	return hex.EncodeToString(h.Sum(nil)), size, err
}

// checkFolders holds that what lies on the way to a file are folders, and no links.
func (x *exporter) checkFolders(dir string) error {
	for ; dir != "." && !x.through[dir]; dir = path.Dir(dir) {
		info, err := x.root.Lstat(dir)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			continue
		case err != nil:
			return err
		case !info.IsDir():
			return folderError(x.s.dir, fmt.Errorf("%s is no folder", dir), "move it away; the case writes a folder of this name")
		}
		x.through[dir] = true
	}
	return nil
}

// intend notes in the store what is about to be put in place, so that after an
// interruption it is known to be ours.
func (x *exporter) intend(ctx context.Context) error {
	if err := x.s.begin(ctx); err != nil {
		return err
	}
	if err := x.list(ctx, 0); err != nil {
		return err
	}
	return x.s.Commit(ctx)
}

// list notes the files in the store.
func (x *exporter) list(ctx context.Context, placed int) error {
	for _, f := range x.files {
		if err := x.s.exec(ctx, "INSERT OR IGNORE INTO files (path, sha256, placed, size) VALUES (?, ?, ?, ?)", f.Path, f.SHA256, placed, f.Size); err != nil {
			return err
		}
	}
	return nil
}

// place renames the files into their places.
func (x *exporter) place() error {
	folders := map[string]bool{".": true}
	for i := 0; i < len(x.staged); i += 2 {
		name, from := x.staged[i], x.staged[i+1]
		have, _, err := x.present(name)
		if err != nil {
			return err
		}
		if have != "" && !x.ours[name][have] {
			if err := x.setAside(name); err != nil {
				return err
			}
		}
		dir := path.Dir(name)
		if err := x.root.MkdirAll(dir, 0o700); err != nil {
			return err
		}
		folders[dir] = true
		if err := x.root.Rename(from, name); err != nil {
			return err
		}
		x.out.Written = append(x.out.Written, name)
	}
	for dir := range folders {
		if err := syncFolder(filepath.Join(x.s.dir, filepath.FromSlash(dir))); err != nil {
			return err
		}
	}
	return nil
}

// setAside renames what a person put where a file belongs.
func (x *exporter) setAside(name string) error {
	ext := path.Ext(name)
	for n := 1; ; n++ {
		to := fmt.Sprintf("%s.edited-%d%s", strings.TrimSuffix(name, ext), n, ext)
		if _, err := x.root.Lstat(to); err == nil {
			continue
		} else if !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		if err := x.root.Rename(name, to); err != nil {
			return err
		}
		x.out.SetAside = append(x.out.SetAside, name+" to "+to)
		return nil
	}
}

// removeOld removes files of earlier exports that are no part of the case any more. One
// that was edited stays.
func (x *exporter) removeOld() error {
	now := map[string]bool{}
	for _, f := range x.files {
		now[f.Path] = true
	}
	for name := range x.ours {
		if now[name] {
			continue
		}
		have, _, err := x.present(name)
		if err != nil {
			return err
		}
		switch {
		case have == "":
		case x.ours[name][have]:
			if err := x.root.Remove(name); err != nil {
				return err
			}
			x.out.Removed = append(x.out.Removed, name)
		default:
			x.out.Left = append(x.out.Left, name)
		}
	}
	slices.Sort(x.out.Removed)
	slices.Sort(x.out.Left)
	return nil
}

// done notes that the files are in their places.
func (x *exporter) done(ctx context.Context) error {
	if err := x.s.begin(ctx); err != nil {
		return err
	}
	if err := errors.Join(x.s.exec(ctx, "DELETE FROM files"), x.list(ctx, 1), x.s.SetMeta(ctx, metaExport, "done")); err != nil {
		return err
	}
	if err := x.s.Commit(ctx); err != nil {
		return err
	}
	return x.root.RemoveAll(stageDir)
}

// safePath tells whether a path is relative, stays inside, has no hidden part and needs no
// escaping anywhere, in SHA256SUMS least of all.
func safePath(p string) bool {
	if path.Clean(p) != p || !filepath.IsLocal(filepath.FromSlash(p)) {
		return false
	}
	for _, part := range strings.Split(p, "/") {
		if part[0] == '.' || part[0] == '-' {
			return false
		}
		for _, c := range []byte(part) {
			if !('a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || strings.IndexByte("._-", c) >= 0) {
				return false
			}
		}
	}
	return true
}

// EvidenceWritten reports whether copies of samples lie in the folder: then all go on to
// be written, however many there come to be.
func (s *Store) EvidenceWritten(ctx context.Context) (bool, error) {
	var n int
	err := s.conn.QueryRowContext(ctx, "SELECT count(*) FROM files WHERE path LIKE 'evidence/%'").Scan(&n)
	return n > 0, explain(s.dir, err)
}
