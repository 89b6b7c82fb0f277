package intake

import (
	"encoding/binary"
	"errors"
)

// maxEntries bounds the directory of a compound file. The library that reads it keeps the
// whole path of each entry, so that a deep tree of many would take memory by the square.
const maxEntries = 4096

var errDirectory = errors.New("damaged compound file, or one with too large a directory")

// checkDirectory walks over the sectors of the directory (MS-CFB section 2.3) and counts
// its entries, before the library reads them.
func checkDirectory(data []byte) error {
	if len(data) < 512 {
		return errDirectory
	}
	shift := binary.LittleEndian.Uint16(data[30:])
	if shift != 9 && shift != 12 {
		return errDirectory
	}
	size := uint64(1) << shift
	sector := binary.LittleEndian.Uint32(data[48:])
	for n := uint64(0); sector < 0xFFFFFFFA; n++ {
		if n*size/128 > maxEntries {
			return errDirectory
		}
		next, ok := nextSector(data, sector, size)
		if !ok {
			return errDirectory
		}
		sector = next
	}
	return nil
}

// nextSector looks a sector up in the FAT. Beyond the 109 FAT sectors that the header
// names, which cover 7 MB at 512 bytes a sector, it follows the chain of further ones.
func nextSector(data []byte, sector uint32, size uint64) (uint32, bool) {
	perSector := uint32(size / 4)
	index := sector / perSector
	table, place := uint64(76), index // where the FAT sectors are named
	if index >= 109 {
		place = index - 109
		more := uint64(binary.LittleEndian.Uint32(data[68:]))
		for ; place >= perSector-1; place -= perSector - 1 {
			at := (more+2)*size - 4 // the last word names the next of them
			if at+4 > uint64(len(data)) {
				return 0, false
			}
			more = uint64(binary.LittleEndian.Uint32(data[at:]))
		}
		table = (more + 1) * size
	}
	at := table + 4*uint64(place)
	if at+4 > uint64(len(data)) {
		return 0, false
	}
	fat := uint64(binary.LittleEndian.Uint32(data[at:]))
	at = (fat+1)*size + uint64(sector%perSector)*4
	if at+4 > uint64(len(data)) {
		return 0, false
	}
	return binary.LittleEndian.Uint32(data[at:]), true
}
