package checkpoint

import (
	"fmt"
	"slices"
)

// walk goes through the file from the head to the index, object by object, and fails unless each begins where the one
// before it ends.
func (f *File) walk(parts []partBody, indexOffset int64) error {
	firstData := indexOffset
	if len(parts) > 0 {
		firstData = min(indexOffset, parts[0].Offset)
	}
	pos, err := f.walkSections(f.sections[0].end(), firstData, len(parts) > 0)
	if err != nil {
		return err
	}
	if pos, err = f.walkParts(pos, parts, indexOffset); err != nil {
		return err
	}
	if _, err = f.walkSections(pos, indexOffset, false); err != nil {
		return err
	}
	for _, name := range []string{"conf", "stat"} {
		if !slices.ContainsFunc(f.sections, func(s section) bool { return s.name == name }) {
			return sectionError(name, indexOffset, "is missing")
		}
	}
	return nil
}

// walkSections lists the sections from pos to end or, where tensors follow, to the first pad object before end. It
// returns where it stopped.
func (f *File) walkSections(pos, end int64, tensorsFollow bool) (int64, error) {
	for pos < end {
		if tensorsFollow && end-pos <= alignment-1+padHeader+tensorHeader {
			var code [1]byte
			if err := f.readAt(code[:], pos, "tensor header"); err != nil {
				return 0, err
			}
			if code[0] == 0xc4 {
				return pos, nil
			}
		}
		s, err := f.header(pos, end)
		if err != nil {
			return 0, err
		}
		if err := f.admit(s); err != nil {
			return 0, err
		}
		pos = s.end()
	}
	return pos, nil
}

// admit adds a section to the list if it may stand where it stands.
func (f *File) admit(s section) error {
	if len(f.sections) == maxSections {
		return sectionError(s.name, s.offset, "there are more than %d sections", maxSections)
	}
	known := s.name == "conf" || s.name == "stat"
	if s.name == "head" || s.name == "indx" || known &&
		slices.ContainsFunc(f.sections, func(t section) bool { return t.name == s.name }) {
		return sectionError(s.name, s.offset, "is there twice")
	}
	if mustUnderstand := s.name[0] <= 'Z'; mustUnderstand {
		// The checksum tells a section from the future from a lower-case name with a flipped bit.
		if _, err := f.body(s); err != nil {
			return err
		}
		return fmt.Errorf("section %q: %w", s.name, ErrVersion)
	}
	f.sections = append(f.sections, s)
	return nil
}

// walkParts checks that the data follow one another from pos without a gap, assembles the tensors, and returns where
// the last one ends.
func (f *File) walkParts(pos int64, parts []partBody, end int64) (int64, error) {
	f.byName = make(map[string]int, len(parts))
	for _, p := range parts {
		data := pos + padHeader + padding(pos) + tensorHeader
		if p.Offset != data || p.Size > end-data {
			return 0, &CorruptError{
				Tensor: p.Name, Block: -1, Offset: pos,
				Err: fmt.Errorf("%d bytes at byte %d in the index, expected at byte %d and to end by byte %d",
					p.Size, p.Offset, data, end),
			}
		}
		if err := f.addPart(p, pos); err != nil {
			return 0, &CorruptError{Tensor: p.Name, Block: -1, Offset: pos, Err: err}
		}
		pos = data + p.Size
	}
	if len(f.tensors) > 0 {
		if t := &f.tensors[len(f.tensors)-1]; !t.complete() {
			return 0, &CorruptError{Tensor: t.info.Name, Block: -1, Offset: pos, Err: errIncomplete}
		}
	}
	return pos, nil
}
