package atomicfile

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// MkdirAll makes a directory and those above it that are missing, and makes each of them durable: else a power cut can
// lose the directory, and with it every file in it, however well that was synced. The entry of dir itself is synced even
// where dir is there already, because whoever made it need not have done so.
//
// Where dir is there already and its parent may not be read, the entry cannot be synced and is left to the system.
func MkdirAll(fsys FS, dir string) error {
	dir = filepath.Clean(dir)
	parent := filepath.Dir(dir)
	err := fsys.Mkdir(dir)
	if errors.Is(err, fs.ErrNotExist) && parent != dir {
		if err := MkdirAll(fsys, parent); err != nil {
			return err
		}
		err = fsys.Mkdir(dir)
	}
	there := errors.Is(err, fs.ErrExist)
	if err != nil && !there {
		return err
	}
	if there {
		info, err := os.Stat(dir)
		if err == nil && !info.IsDir() {
			err = &fs.PathError{Op: "mkdir", Path: dir, Err: syscall.ENOTDIR}
		}
		if err != nil {
			return err
		}
	}
	if err := fsys.SyncDir(parent); err != nil && !(there && errors.Is(err, fs.ErrPermission)) {
		return err
	}
	return nil
}
