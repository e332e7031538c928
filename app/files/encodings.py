"""Text files as spreadsheets save them: UTF-8, UTF-16 or a code page.

Which code page it is can't be known from the bytes: in a short file of names Muñoz and Muńoz are
equally good. So it is taken only where every page that could be meant reads the same text; else
the candidates are listed. charset-normalizer chose one of them, and read five of 16 short
exports wrong.
"""

import codecs
import re
import unicodedata
from pathlib import Path

from app.base.errors import UsageError

_MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
_CHUNK = 1 << 20
_SAMPLE = 1 << 18  # bytes of the lines that are not ASCII: candidates are compared by them
#: What spreadsheets save as "CSV", in the order of how many do.
_PAGES = [
    "cp1252", "cp1250", "cp1251", "cp1254", "cp1253", "cp1257", "mac_roman", "cp932", "gb18030",
    "cp949", "big5", "cp850", "cp437", "iso8859_15",
]  # fmt: skip
#: Pages that read nearly anything: alone they are no evidence.
_UNSURE = frozenset({"mac_roman", "cp932", "cp437", "cp850"})
_EXAMPLES = 4
_SHORTEST = 3  # letters of a word that has one without an accent
_MIDDLE_DOT = "\u00b7"
_TRADEMARKS = "\u2122\u00ae\u00a9"
_WIDE = "CJK"
_WIDE_SCRIPTS = frozenset({"CJK", "HIRAGANA", "KATAKANA", "HANGUL"})
_WORD = re.compile(r"[^\s,;\"|]*[^\x00-\x7f][^\s,;\"|]*")


class EncodingError(UsageError):
    """It is not known how a file's bytes are letters. The message names the file and the line, and
    says what to do."""


def encoding_of(path: Path, wanted: str = "") -> str:
    """The encoding that reads a whole file, as Python names it; `wanted` is what a person says it
    is.

    Raises EncodingError where none does, or where several read other texts.
    """
    with path.open("rb") as file:
        start = file.read(_CHUNK)
    for mark, name in _MARKS.items():
        if start.startswith(mark):
            return _require(path, name)
    if wanted:
        return _require(path, wanted)
    line = _first_foreign_line(path, "utf-8")
    if not line:
        return "utf-8"
    if b"\0" in start:
        raise EncodingError(f"{path}, line {line}: no text; is it a spreadsheet's own format?")
    return _guess(path, line)


def _require(path: Path, name: str) -> str:
    try:
        b"a".decode(name, "replace")
    except (LookupError, ValueError):
        raise EncodingError(f"{name!r} is no encoding; cp1252 is one") from None
    if line := _first_foreign_line(path, name):
        raise EncodingError(f"{path}, line {line}: not {name}")
    return name


def _first_foreign_line(path: Path, name: str) -> int:
    """The number of the first line that an encoding can't read, 0 if it can read all."""
    decoder = codecs.getincrementaldecoder(name)()
    line = 1
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            try:
                text = decoder.decode(chunk)
            except UnicodeError as error:
                start = getattr(error, "start", 0)
                return line + chunk[:start].count(b"\n")
            if "\0" in text:
                return line + text[: text.index("\0")].count("\n")
            line += text.count("\n")
    try:
        decoder.decode(b"", final=True)
    except UnicodeError:
        return line
    return 0


def _guess(path: Path, line: int) -> str:
    sample = _foreign_lines(path)
    texts = _candidates(sample)
    texts = {name: text for name, text in texts.items() if not _first_foreign_line(path, name)}
    if len(set(texts.values())) == 1 and not _UNSURE.issuperset(texts):
        return next(iter(texts))
    raise EncodingError(f"{path}, line {line}: not UTF-8; save it as 'CSV UTF-8'{_say(texts)}")


def _candidates(sample: bytes) -> dict[str, str]:
    """The texts that a sample may be, by code page."""
    found = {}
    for name in _PAGES:
        try:
            text = sample.decode(name)
        except UnicodeDecodeError:
            continue
        if all(map(_is_word, _WORD.findall(text))):
            found[name] = text
    return found


def _is_word(text: str) -> bool:
    """Whether people write so: one script a word, no capital after a small letter with an accent,
    no sign beside a letter but a trademark's, no Latin word of accents alone."""
    letters = [letter for letter in text if letter.isalpha()]
    latin = all(_script(letter) == "LATIN" for letter in letters)
    if latin and len(letters) >= _SHORTEST and not any(map(str.isascii, letters)):
        return False
    return all(map(_may_follow, text, text[1:]))


def _may_follow(a: str, b: str) -> bool:
    if a.isascii() and b.isascii():
        return True
    if b in _TRADEMARKS:
        return True
    if not (a.isalpha() and b.isalpha()):
        return not (_is_sign(a) and b.isalpha()) and not (a.isalpha() and _is_sign(b))
    scripts = {_script(a), _script(b)}
    if len(scripts) > 1:
        return _WIDE in scripts and not (a.islower() or b.islower())
    return not (a.islower() and b.isupper())


def _is_sign(letter: str) -> bool:
    """A symbol, a control, or a raised or broken number: beside no letter."""
    kind = unicodedata.category(letter)[0]
    return kind in "SC" or letter == _MIDDLE_DOT or (kind == "N" and not letter.isascii())


def _script(letter: str) -> str:
    script = unicodedata.name(letter, "?").split()[0]
    return _WIDE if script in _WIDE_SCRIPTS else script


def _foreign_lines(path: Path) -> bytes:
    """The lines that hold more than ASCII, as many as candidates are compared by."""
    found, size = [], 0
    with path.open("rb") as lines:
        for line in lines:
            if not line.isascii():
                found.append(line)
                size += len(line)
            if size > _SAMPLE:
                break
    return b"".join(found)


def _say(texts: dict[str, str]) -> str:
    """How to name the encoding, with a word that each candidate reads differently."""
    if not texts:
        return ", or say its encoding with --encoding"
    by_word: dict[str, str] = {}
    for name, words in _telling_words(texts).items():
        by_word.setdefault(words, name)
    some = list(by_word.items())[:_EXAMPLES]
    said = ", ".join(f"{name} reads {words}" for words, name in some)
    return f", or say its encoding with --encoding: {said}"


def _telling_words(texts: dict[str, str]) -> dict[str, str]:
    """The first words, two at most, by which the candidates differ."""
    columns = zip(*map(_WORD.findall, texts.values()), strict=False)
    differing = [column for column in columns if len(set(column)) > 1][:2]
    if not differing:
        return {name: next(iter(_WORD.findall(text)), "") for name, text in texts.items()}
    rows = zip(*differing, strict=True)
    return dict(zip(texts, map(" ".join, rows), strict=True))
