"""The zip archive that torch saves: members are stored as they are, beside each other, each with its checksum."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib

from ..errors import UserError
from ..handover.texts import shown

LOCAL_HEADER = struct.Struct("<4s22xHH")
"""Signature, then the lengths of name and extra field."""
MEMBER = b"PK\x01\x02"
"""How a member's entry in the archive's directory begins."""
MOST_MEMBERS = 50_000
"""Torch writes one for each array, and five more."""


class Archive:
    """Members of one archive, by name below its only folder."""

    def __init__(self, content: bytes, where: str) -> None:
        """Look at the archive's directory; nothing is unpacked.

        Raises:
            UserError: If it is none that torch saves: of the old format, compressed, encrypted, with members that
                overlap or have the same name, of too many, or of a machine whose numbers are big-endian.
        """
        self.where, self._content = where, memoryview(content)
        self._sound: set[str] = set()  # members whose checksum was compared, which many arrays may share
        if content[:1] == b"\x80":
            raise UserError(
                f"{where} is a plain pickle, or of the format that torch wrote before 1.6, which is not read; whoever "
                "made it can save it again: torch.save(torch.load(OLD), NEW)."
            )
        if (count := content.count(MEMBER)) > MOST_MEMBERS:
            raise UserError(f"{where} is an archive of {count} members; at most {MOST_MEMBERS} are allowed.")
        try:
            with zipfile.ZipFile(io.BytesIO(content)) as found:
                members, end = found.infolist(), found.start_dir
            self._spans = {member.filename: self._span(member, end) for member in members}
        except (zipfile.BadZipFile, ValueError, LookupError, OverflowError, NotImplementedError, struct.error) as error:
            raise UserError(f"{where} is no sound zip archive of torch ({shown(str(error))}).") from error
        if len(self._spans) < len(members):
            raise UserError(f"{where}: two members of the archive have the same name.")
        reached = 0
        for start, stop, _ in sorted(self._spans.values()):
            if start < reached:
                raise UserError(f"{where}: members of the archive overlap.")
            reached = stop
        folders = [name[: -len("data.pkl")] for name in self._spans if name.endswith("/data.pkl")]
        if len(folders) != 1:
            raise UserError(f"{where} has {len(folders)} members data.pkl; a checkpoint of torch has one.")
        self._folder = folders[0]
        if f"{self._folder}byteorder" in self._spans and bytes(self.read("byteorder")) != b"little":
            raise UserError(f"{where}: its numbers are big-endian; only little-endian ones are read.")

    def read(self, name: str) -> memoryview:
        """Return a member's content.

        Raises:
            UserError: If there is none of this name, or it differs from its checksum.
        """
        full = f"{self._folder}{name}"
        if full not in self._spans:
            raise UserError(f"{self.where} has no member {shown(name)}.")
        start, stop, checksum = self._spans[full]
        found = self._content[start:stop]
        if full not in self._sound and zlib.crc32(found) != checksum:
            raise UserError(f"{self.where}: the member {shown(name)} is damaged, for its checksum differs.")
        self._sound.add(full)
        return found

    def _span(self, member: zipfile.ZipInfo, end: int) -> tuple[int, int, int]:
        if member.compress_type != zipfile.ZIP_STORED or member.compress_size != member.file_size:
            raise UserError(f"{self.where}: {shown(member.filename)} is compressed, which torch never does.")
        if member.flag_bits & 1:
            raise UserError(f"{self.where}: {shown(member.filename)} is encrypted, which torch never does.")
        if not 0 <= member.header_offset <= end - LOCAL_HEADER.size:
            raise ValueError("a member lies outside of the archive")
        signature, name, extra = LOCAL_HEADER.unpack_from(self._content, member.header_offset)
        start = member.header_offset + LOCAL_HEADER.size + name + extra
        if signature != b"PK\x03\x04" or start + member.file_size > end:
            raise ValueError("a member lies outside of the archive")
        return start, start + member.file_size, member.CRC
